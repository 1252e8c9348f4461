import type { Request } from 'express';

export type Form = ReturnType<typeof formOf>;

/** Takes out of a request what was typed, or is in its address; the request holds it no longer. */
export function formOf(req: Request) {
  const { searchParams } = new URL(req.url, 'http://localhost');
  const typed = new URLSearchParams(String(req.body ?? ''));
  req.body = undefined;
  // Of the address, a name is that of somebody who is on the list, also with white space around it.
  const field = (name: string) => typed.get(name)?.trim() ?? searchParams.get(name) ?? '';
  return {
    name: field('name'),
    age: field('age'),
    etag: field('etag'), // of what the form was made for
    done: field('done'), // what has been done before, and to whom
    student: field('student'),
  };
}

/** The condition that what a form was made for is still so; a tag that is none matches nothing. */
export function ifMatch({ etag }: Pick<Form, 'etag'>) {
  return { 'If-Match': /^"[!#-~]*"$/.test(etag) ? etag : '""' };
}
