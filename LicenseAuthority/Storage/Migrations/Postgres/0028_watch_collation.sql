-- Compared with the order ids of orders and conflicts, whose indexes can only be used in their own collation: each look compared all failed orders with all orders.
ALTER TABLE watch_orders ALTER COLUMN order_id TYPE text, ALTER COLUMN order_line_id TYPE text;
ALTER TABLE watch_restarts ALTER COLUMN order_id TYPE text, ALTER COLUMN order_line_id TYPE text;
