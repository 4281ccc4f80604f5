// Where to go after signing in: a plain path of these pages, whatever somebody put into the link. The server judges its
// own `next` alike.
export function safeNextPath(next: string | null): string {
  return next !== null && /^\/[A-Za-z0-9._~/?&=-]*$/.test(next) && !next.startsWith('//') && !next.startsWith('/api/') ? next : '/';
}
