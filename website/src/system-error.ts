/** The code of an error that the operating system caused, such as ENOENT; undefined for others. */
export function systemErrorCode(error: unknown): string | undefined {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'code' in error ? String(error.code) : undefined;
}
