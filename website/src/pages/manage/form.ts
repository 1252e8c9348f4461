import type { Request } from 'express';

/** What may be typed into a form, or be in the address that it is sent to; empty where it is not. */
export type Form = ReturnType<typeof formOf>;

/** Takes the form out of a request, which does not hold it any longer. */
export function formOf(req: Request) {
  const { searchParams } = new URL(req.url, 'http://localhost');
  const typed = new URLSearchParams(String(req.body ?? ''));
  req.body = undefined;
  const field = (name: string) => (typed.get(name) ?? searchParams.get(name) ?? '').trim();
  return {
    name: field('name'),
    age: field('age'),
    /** Of what the form was made for. */
    etag: field('etag'),
    text: field('text'),
    /** Which button was pressed. */
    save: field('save'),
    edit: field('edit'),
    /** What has been done before, and to whom. */
    done: field('done'),
    student: field('student'),
  };
}

/** The condition that what a form was made for is still so; a tag that is none matches nothing. */
export function ifMatch({ etag }: Form) {
  return { 'If-Match': /^"[!#-~]*"$/.test(etag) ? etag : '""' };
}
