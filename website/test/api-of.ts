import type { ApiClient } from '../src/api/client';

/** A client of an API whose list is only looked at. */
export const apiOf = (getStudents: ApiClient['getStudents']): ApiClient => ({
  getStudents,
  edit: () => Promise.reject(new Error('the list is not to be changed')),
});
