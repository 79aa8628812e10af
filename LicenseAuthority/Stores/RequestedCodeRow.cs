using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The row of a request for a code: which code is the newest that was made for it. Written in the transaction of the code.</summary>
internal static class RequestedCodeRow
{
    // A code that the device fetched itself goes with no message: how far the last one is stays to know.
    private const string Upsert =
        """
        INSERT INTO requested_codes (license_id, request_id, device_id, activation_id, generation, message_id)
        VALUES (@license_id, @request_id, @device_id, @activation_id, @generation, @message_id)
        ON CONFLICT (license_id, request_id, device_id) DO UPDATE SET activation_id = excluded.activation_id, generation = excluded.generation,
            message_id = coalesce(excluded.message_id, requested_codes.message_id)
        """;

    /// <summary>Writes that the newest code of an activation is that of its request.</summary>
    /// <param name="session">The write.</param>
    /// <param name="activation">The activation; it has a request.</param>
    /// <param name="messageId">The message with which the code goes to the marketplace; null = none does.</param>
    public static void Put(IWriteSession session, Activation activation, string? messageId)
    {
        var request = activation.Request!;
        session.Prepared(Upsert).Bind(activation.LicenseId, request.Id, request.DeviceId, activation.Id, activation.Generation, messageId).Enqueue();
    }
}
