/** What RTE answers to who asks for a token; null for any other path. */
export function tokenPath(path: string): unknown {
  return path === '/token/oauth/' ? { access_token: 'a-token', token_type: 'Bearer', expires_in: 7200 } : null
}
