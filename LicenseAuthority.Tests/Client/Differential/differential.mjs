// What other people's libraries make of a code and a list of ours, and what they sign for us to read. Run by DifferentialTests.
import { readFileSync } from 'node:fs';
import { createHeaderAndPayload, getListFromStatusListJWT, getStatusListFromJWT, StatusList } from '@sd-jwt/jwt-status-list';
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';

const given = JSON.parse(readFileSync(process.argv[1], 'utf8'));
const keyOf = (jwt) => {
  const { cert } = JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
  return { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(cert, 'base64url').subarray(26, 58).toString('base64url') };
};
const read = async (jwt, options, now = given.now) => {
  const jwk = keyOf(jwt);
  const { payload, protectedHeader } = await jwtVerify(jwt, await importJWK(jwk, 'EdDSA'), { ...options, currentDate: new Date(now * 1000) });
  return { payload, header: protectedHeader, thumbprint: await calculateJwkThumbprint(jwk) };
};
const refuses = async (work) => {
  try {
    await work();
    return false;
  } catch {
    return true;
  }
};

const code = await read(given.code, { typ: 'license+jwt', audience: given.product, issuer: given.issuer });
const list = await read(given.list, { typ: 'statuslist+jwt', subject: given.uri });
const place = getStatusListFromJWT(given.code);
const refused = {
  changed: await refuses(() => read(given.changed, {})),
  otherProduct: await refuses(() => read(given.code, { audience: 'another' })),
  expired: await refuses(() => read(given.code, {}, given.expires)),
};

const key = await importJWK(given.key, 'EdDSA');
const sign = (alg, header, payload) => new SignJWT(payload).setProtectedHeader({ alg, kid: given.kid, cert: given.cert, ...header }).sign(key);
const entries = new Array(1 << 20).fill(0);
for (const [index, entry] of given.entries) entries[index] = entry;
const packed = createHeaderAndPayload(new StatusList(entries, 2), given.listClaims, { alg: 'EdDSA', typ: 'statuslist+jwt' });

console.log(JSON.stringify({
  code, list, place, refused,
  statuses: given.indexes.map((index) => getListFromStatusListJWT(given.list).getStatus(index)),
  signedCode: await sign('EdDSA', { typ: 'license+jwt' }, given.codeClaims),
  signedCodeByTheNewName: await sign('Ed25519', { typ: 'license+jwt' }, given.codeClaims),
  signedList: await sign('EdDSA', packed.header, packed.payload),
}));
