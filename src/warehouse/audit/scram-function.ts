import { KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'

export const SCRAM_FUNCTION = 'windrow_scram_verifier'

/**
 * The verifier of a password of ASCII for SCRAM-SHA-256 (RFC 5802, RFC 7677) as `ALTER ROLE` takes it, so that no statement within the function that
 * changes passwords has the password itself: extensions note those too. pgcrypto may not be there.
 */
export function scramFunction(schema: string): SetupStep {
  return adminFunction(schema, {
    owner: KEEPERS.passwords,
    name: SCRAM_FUNCTION,
    args: 'password text, salt bytea, iterations integer',
    types: 'text, bytea, integer',
    returns: 'text',
    security: 'SECURITY INVOKER',
    options: 'IMMUTABLE STRICT',
    // HMAC(key, text) is sha256(outer || sha256(inner || text)); a bytea has no XOR, bits have.
    body: `
DECLARE
  key bytea := convert_to($1, 'UTF8');
  zeros bytea := decode(repeat('00', 64), 'hex');
  inner_pad bytea := zeros;
  outer_pad bytea := zeros;
  u bytea;
  salted bit(256);
  client_key bytea;
BEGIN
  IF length(key) > 64 THEN
    key := sha256(key);
  END IF;
  FOR turn IN 1..2 LOOP
    key := key || substr(zeros, length(key) + 1);
    FOR i IN 0..63 LOOP
      inner_pad := set_byte(inner_pad, i, get_byte(key, i) # 54);
      outer_pad := set_byte(outer_pad, i, get_byte(key, i) # 92);
    END LOOP;
    EXIT WHEN turn = 2;
    -- PBKDF2 of one block.
    u := sha256(outer_pad || sha256(inner_pad || $2 || '\\x00000001'::bytea));
    salted := ('x' || encode(u, 'hex'))::bit(256);
    FOR i IN 2..$3 LOOP
      u := sha256(outer_pad || sha256(inner_pad || u));
      salted := salted # ('x' || encode(u, 'hex'))::bit(256);
    END LOOP;
    key := zeros;
    FOR i IN 0..31 LOOP
      key := set_byte(key, i, substring(salted FROM i * 8 + 1 FOR 8)::integer);
    END LOOP;
  END LOOP;
  client_key := sha256(outer_pad || sha256(inner_pad || convert_to('Client Key', 'UTF8')));
  RETURN 'SCRAM-SHA-256$' || $3 || ':' || translate(encode($2, 'base64'), chr(10), '') || '$'
    || encode(sha256(client_key), 'base64') || ':'
    || encode(sha256(outer_pad || sha256(inner_pad || convert_to('Server Key', 'UTF8'))), 'base64');
END`,
    comment: 'What is kept of a password for SCRAM-SHA-256. Kept by windrow.',
    caller: null,
  })
}
