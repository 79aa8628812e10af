// Verifies license codes offline, as docs/license-code-format.md says, with nothing but Node's own crypto (Node 18 and later).
//   node verify.mjs --vectors DIR      judges the test vectors in a folder: a line "NAME OUTCOME" each; ends with 1 if one differs
// JSON.parse is not as strict as the specification: it lets repeated names, 1.0, 1e3 and -0 pass. So this is a program to learn from and to compare with, and the
// vectors that need a stricter reader (strict-json: yes) are left out.
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

const LATEST = 253402300799; // 9999-12-31T23:59:59Z
const ENTRY_BYTES = 262144; // 2^20 entries of two bits
const CODES = { typ: 'license+jwt', usage: 1, longest: 8192, longestRaw: 24576 };
const LISTS = { typ: 'statuslist+jwt', usage: 2, longest: 524288, longestRaw: 1048576 };

class Refusal extends Error {}
const demand = (condition, outcome = 'Malformed') => { if (!condition) throw new Refusal(outcome); };
const orMalformed = (read) => { try { return read(); } catch { throw new Refusal('Malformed'); } };

const judging = (check) => {
  try { check(); return 'Valid'; } catch (error) { if (error instanceof Refusal) return error.message; throw error; }
};

// ---- Form: base64url in its one spelling, JSON, texts and integers ----
function decode(text) {
  const bytes = Buffer.from(text, 'base64url');
  demand(bytes.toString('base64url') === text);
  return bytes;
}
function parseObject(bytes) {
  let values = 0;
  const walk = (value, depth) => {
    demand(++values <= 2048 && (typeof value !== 'number' || Number.isInteger(value)));
    if (typeof value !== 'object' || value === null) return;
    demand(depth < 8);
    Object.values(value).forEach((member) => walk(member, depth + 1));
  };
  const value = orMalformed(() => JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)));
  demand(isObject(value));
  walk(value, 0);
  return value;
}
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value, longest = Infinity) => typeof value === 'string' && value.length > 0 && value.length <= longest;
const isInteger = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
const isInstant = (value) => isInteger(value, 0, LATEST);

// ---- Ed25519: Node verifies signatures; what it does not look at is the key itself ----
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a) => ((a % P) + P) % P;
function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
  return result;
}
const D = mod(-121665n * power(121666n, P - 2n));
const toInteger = (bytes) => BigInt('0x' + Buffer.from(bytes).reverse().toString('hex'));

// The point as (X, Y, Z, T), or null: not the canonical encoding of one.
function decodePoint(bytes) {
  const encoded = toInteger(bytes);
  const [sign, y] = [encoded >> 255n, encoded & (2n ** 255n - 1n)];
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (P - 1n) / 4n));
  if (y >= P || mod(x * x) !== square || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}
// RFC 8032, section 5.1.4.
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const [a, b, c, d] = [mod((y1 - x1) * (y2 - x2)), mod((y1 + x1) * (y2 + x2)), mod(2n * D * t1 * t2), mod(2n * z1 * z2)];
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}
function multiply(point, scalar) {
  let result = [0n, 1n, 1n, 0n];
  for (let p = point, s = scalar; s > 0n; s >>= 1n, p = add(p, p)) if (s & 1n) result = add(result, p);
  return result;
}
const isNeutral = ([x, y, z]) => x === 0n && y === z;
function toKey(bytes) {
  const x = bytes.toString('base64url');
  const id = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url').slice(0, 16); // RFC 7638
  return { id, verify: (message, signature) => verifySignature(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature) };
}
// A root line is the developer's: a bad one is an error, and no outcome. Its key must be in the subgroup of prime order, too.
const roots = new Map();
function root(line) {
  if (!roots.has(line)) {
    const bytes = line.startsWith('la-root-1:') ? decode(line.slice(10)) : Buffer.alloc(0);
    const point = bytes.length === 32 ? decodePoint(bytes) : null;
    if (!point || isNeutral(point) || !isNeutral(multiply(point, L))) throw new Error(`not a root key: ${line}`);
    roots.set(line, toKey(bytes));
  }
  return roots.get(line);
}

// ---- Lines 1–8 of "Verification", for codes and lists ----
function readCertificate(bytes) {
  demand(bytes.length === 122 && bytes[0] === 1 && bytes[1] >= 1 && bytes[1] <= 3);
  const [notBefore, notAfter] = [bytes.readBigUInt64BE(10), bytes.readBigUInt64BE(18)];
  demand(notBefore < notAfter && notAfter <= BigInt(LATEST) + 1n);
  return {
    usage: bytes[1], serial: bytes.readUInt32BE(2), minSerial: bytes.readUInt32BE(6), notBefore: Number(notBefore), notAfter: Number(notAfter),
    key: bytes.subarray(26, 58), signed: bytes.subarray(0, 58), signature: bytes.subarray(58),
  };
}
function verifyText(host, raw, form, readClaims) {
  demand(typeof raw === 'string' && raw.length <= form.longestRaw);
  const text = raw.replace(/[ \t\r\n]/g, '');
  const parts = text.split('.');
  demand(text.length <= form.longest && parts.length === 3);
  const [headerBytes, payloadBytes, signature] = parts.map((part) => decode(part));
  demand(signature.length === 64);
  const header = parseObject(headerBytes);
  demand(header.typ === form.typ && (header.alg === 'EdDSA' || header.alg === 'Ed25519') && header.crit === undefined && isText(header.kid, 16) && isText(header.cert));
  const certificate = readCertificate(decode(header.cert));

  const signed = Buffer.concat([Buffer.from('license-authority/key-certificate/v1\0'), certificate.signed]);
  demand(host.roots.some((line) => root(line).verify(signed, certificate.signature)), 'UntrustedKey');
  const point = decodePoint(certificate.key);
  demand(point && !isNeutral(multiply(point, 8n)));
  host.minSerial = Math.max(host.minSerial, certificate.minSerial); // the news, also of a text that is refused for another reason
  demand(certificate.serial >= host.minSerial, 'UntrustedKey');
  const key = toKey(certificate.key);
  demand(header.kid === key.id && (certificate.usage & form.usage) !== 0, 'UntrustedKey');
  demand(key.verify(Buffer.from(`${parts[0]}.${parts[1]}`), signature), 'BadSignature');
  const claims = parseObject(payloadBytes);
  const read = readClaims(claims);
  demand(claims.iat >= certificate.notBefore && claims.iat < certificate.notAfter, 'UntrustedKey');
  return { ...claims, ...read, certificate };
}

// ---- Claims ----
const isFlag = (value) => value === true;
const isId = (value) => typeof value === 'string' && decode(value).length === 16;
const isDevices = (value) => Array.isArray(value) && value.length >= 1 && value.length <= 8 && new Set(value).size === value.length && value.every(isId);
const isEntitlement = (value) => ['number', 'boolean', 'string'].includes(typeof value) || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
const isPlace = (value) => isObject(value) && isInteger(value.idx, 0, 2147483647) && isText(value.uri);
function readCode(c) {
  const may = (test, ...names) => names.forEach((name) => demand(c[name] === undefined || test(c[name])));
  demand(isText(c.iss) && isText(c.aud) && isText(c.sub, 64) && isText(c.cus, 64) && isInstant(c.iat));
  demand(isInteger(c.gen, 1, 2147483647) && isInteger(c.qty, 1, 9999999));
  may(isInstant, 'nbf', 'exp', 'term');
  may(isFlag, 'lease', 'test', 'trial', 'act');
  may((value) => isText(value), 'cn');
  may((value) => isInteger(value, 0, 1296000), 'grace');
  may((value) => isObject(value) && Object.values(value).every(isEntitlement), 'ent');
  may(isDevices, 'dev');
  may((value) => c.dev !== undefined && isInteger(value, 1, c.dev.length), 'devk');
  may((value) => isObject(value) && isPlace(value.status_list), 'status');
  may(() => c.exp !== undefined, 'lease');
  may((value) => c.lease && value >= c.exp, 'term');
}
function readList(c) {
  demand(isText(c.sub, 2048) && isInstant(c.iat) && isInstant(c.exp) && c.exp > c.iat && isInteger(c.seq, 1, Infinity));
  demand(c.ttl === undefined || isInteger(c.ttl, 1, LATEST));
  demand(isObject(c.status_list) && c.status_list.bits === 2 && typeof c.status_list.lst === 'string');
  const data = decode(c.status_list.lst);
  const { buffer, engine } = orMalformed(() => inflateSync(data, { maxOutputLength: ENTRY_BYTES, info: true }));
  demand(buffer.length === ENTRY_BYTES && engine.bytesWritten === data.length); // all of it, and nothing behind it
  return { entryAt: (index) => (buffer[index >> 2] >> ((index & 3) * 2)) & 3 };
}

// ---- Lines 9–20 ----
const checkList = (host, text) => {
  const list = verifyText(host, text, LISTS, readList);
  demand(list.exp <= list.certificate.notAfter, 'UntrustedKey');
  return list;
};
function deviceId(sub, fingerprint) {
  const trimmed = fingerprint.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  return createHash('sha256').update(`license-authority/device/v1\0${sub}\0${trimmed}`).digest().subarray(0, 16).toString('base64url');
}
function checkCode(host, text, listText) {
  let list = null;
  if (listText != null) judging(() => { list = checkList(host, listText); }); // one that is refused says nothing
  const code = verifyText(host, text, CODES, readCode);
  const place = code.status?.status_list;
  const counts = list && place && list.sub === place.uri && place.idx < ENTRY_BYTES * 4 && list.certificate.serial >= host.minSerial;
  const entry = counts ? list.entryAt(place.idx) : null;
  const isFresh = counts && host.now < list.exp && host.now < list.iat + (host.maxStatusAge ?? Infinity);

  demand(code.aud === host.product, 'WrongProduct');
  demand(!code.test, 'TestLicense');
  demand(code.dev || !(code.act || host.requireDevice), 'NotActivated');
  const ids = new Set(host.fingerprints.filter((fingerprint) => fingerprint.trim()).map((fingerprint) => deviceId(code.sub, fingerprint)));
  demand(!code.dev || code.dev.filter((id) => ids.has(id)).length >= (code.devk ?? code.dev.length), 'WrongDevice');
  demand(host.now >= code.iat - 86400 && (!counts || host.now >= list.iat - 86400), 'ClockRolledBack');
  demand(host.now >= (code.nbf ?? 0) - 300, 'NotYetValid');
  demand(host.now < ((code.lease ? code.term : code.exp) ?? Infinity) + (code.grace ?? 0), 'Expired');
  demand(entry !== 1, 'Revoked');
  demand(host.now < (code.exp ?? Infinity), 'Frozen');
  demand(!(entry >= 2), 'Suspended');
  demand(!host.requireStatus || isFresh, 'StatusListTooOld');
}

// ---- License files ----
function parseFile(text) {
  const space = '[ \\t\\r\\n>]+';
  const mark = new RegExp(`-----(BEGIN|END)${space}(LICENSE${space}CODE|STATUS${space}LIST)-----`, 'g');
  const found = {};
  let open = null;
  if (text.search(mark) < 0) return { code: text.replace(/^\uFEFF/, '') };
  for (const match of text.matchAll(mark)) {
    const name = match[2].startsWith('LICENSE') ? 'code' : 'list';
    if (match[1] === 'BEGIN') {
      demand(open === null);
      open = { name, start: match.index + match[0].length };
    } else {
      demand(open?.name === name && found[name] === undefined);
      found[name] = text.slice(open.start, match.index).replace(/[\r\n][ \t\r\n>]*/g, '').replace(/[ \t]/g, '');
      open = null;
    }
  }
  demand(open === null);
  return found;
}

// ---- The program ----
// The outcome of a code, a license file or a list. host: { roots, product, now, fingerprints, minSerial, requireStatus, requireDevice, maxStatusAge }.
export const judge = (host, kind, text, list) => judging(() => {
  if (kind === 'status-list') return checkList(host, text);
  const file = kind === 'lic' ? parseFile(text) : { code: text, list };
  return checkCode(host, file.code, file.list);
});
function runVectors(folder) {
  const same = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt')).sort()) {
    const vector = readFileSync(join(folder, file), 'utf8');
    const end = vector.indexOf('\n\n');
    const words = {};
    for (const [, word, value] of vector.slice(0, end).matchAll(/^(.*?): (.*)$/gm)) (words[word] ??= []).push(value);
    if (words['strict-json']) continue;
    const one = (word) => words[word]?.[0];
    const host = {
      roots: words.root, product: one('product'), now: Date.parse(one('now')) / 1000, fingerprints: words.fingerprint ?? [],
      minSerial: Number(one('min-serial') ?? 0), maxStatusAge: Number(one('max-status-age') ?? Infinity),
      requireStatus: words['require-status'] !== undefined, requireDevice: words['require-device'] !== undefined,
    };
    const outcome = judge(host, one('kind'), vector.slice(end + 2), one('list'));
    console.log(`${file.slice(0, -4)} ${outcome}`);
    same.push(outcome === one('expect'));
    if (!same.at(-1)) console.error(`${file}: expected ${one('expect')}, found ${outcome}`);
  }
  return same.length > 0 && same.every(Boolean) ? 0 : 1;
}

if (process.argv[2] === '--vectors' && process.argv[3]) process.exitCode = runVectors(process.argv[3]);
