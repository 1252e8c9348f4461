import { ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosError, type AxiosResponse } from 'axios';
import { ApiError } from './api-error';
import type { Credentials } from './config';
import { parseStudentList, type StudentList, StudentListError } from './student-list';

/** How long the API may take for its whole answer, in ms. */
const API_TIMEOUT_MS = 2_000;

/** The most bytes of an answer: the API's longest list has 64 MiB, and its indentation comes on top. */
export const MAX_ANSWER_BYTES = 96 * 1024 * 1024;

const STUDENT_AGES_PATH = '/supmit/api/v1.0/get_student_ages';

/** Asks the API. */
export interface ApiClient {
  /**
   * Asks for the list. Who asks while a request is under way shares its answer; after it, the API is
   * asked again.
   *
   * @returns the students in the order of their names, by code point; the same array as long as the
   *   API's answer is the same
   * @throws ApiError when the API does not give it, at the latest after 2 s
   */
  getStudents(): Promise<StudentList>;
}

/**
 * Creates a client of the API. It opens nothing before it is asked, then keeps its connections for
 * the next time.
 *
 * @param api.url where the API is, without a slash at the end
 * @param api.credentials what to sign in with
 */
export function createApiClient(api: { url: string; credentials: Credentials }): ApiClient {
  const http = axios.create({
    adapter: 'http',
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true }),
    auth: api.credentials,
    // Compressing costs more than it saves between two containers of one host.
    headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' },
    maxContentLength: MAX_ANSWER_BYTES,
    // Neither a proxy from the environment nor another host may see the credentials.
    maxRedirects: 0,
    proxy: false,
    // axios returns an answer that is not JSON as it is, without a word, so the text is parsed here.
    responseType: 'text',
    validateStatus: () => true,
  });

  /** The list that the API sent last, and its entity tag. */
  let last: { etag: string; students: StudentList } | undefined;
  let underWay: Promise<StudentList> | undefined;

  async function ask(): Promise<AxiosResponse<string>> {
    // axios's own `timeout` would start again with every byte.
    const signal = AbortSignal.timeout(API_TIMEOUT_MS);
    const get = () =>
      http.get<string>(api.url + STUDENT_AGES_PATH, {
        signal,
        headers: { 'If-None-Match': last?.etag },
      });
    try {
      return await get().catch((error: unknown) => {
        if (wasClosedWhileIdle(error)) return get();
        throw error;
      });
    } catch (error) {
      if (signal.aborted) throw new ApiError('timeout', `no answer within ${API_TIMEOUT_MS} ms`);
      throw axios.isAxiosError(error) ? explain(error) : error;
    }
  }

  async function getStudents(): Promise<StudentList> {
    const { status, data, headers } = await ask();
    if (status === 304 && last) return last.students;
    if (status !== 200) throw refusal(status);
    const students = parse(data);
    const etag = headers['etag'];
    last = typeof etag === 'string' ? { etag, students } : undefined;
    return students;
  }

  return {
    getStudents() {
      underWay ??= getStudents().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}

function parse(answer: string): StudentList {
  try {
    return parseStudentList(answer);
  } catch (error) {
    if (!(error instanceof StudentListError)) throw error;
    throw new ApiError('nonsense', `the answer is not a list: ${error.message}`);
  }
}

/** Tells whether the API closed a kept connection at the moment in which it was used again. */
function wasClosedWhileIdle(error: unknown): boolean {
  return (
    axios.isAxiosError(error) &&
    (error.code === 'ECONNRESET' || error.code === 'EPIPE') &&
    error.response === undefined &&
    error.request instanceof ClientRequest &&
    error.request.reusedSocket
  );
}

/** Takes code and message of an error of axios; the rest of it holds the credentials. */
function explain({ code, message, response }: AxiosError): ApiError {
  const cause = [code, message].filter(Boolean).join(': ');
  const isAnswered = response !== undefined || code === 'ERR_BAD_RESPONSE';
  return isAnswered || code?.startsWith('HPE_')
    ? new ApiError('nonsense', `the answer is broken: ${cause}`)
    : new ApiError('unreachable', cause);
}

function refusal(status: number): ApiError {
  switch (status) {
    case 401:
    case 403:
    case 429:
      return new ApiError(
        'refused-credentials',
        `the API answered ${status}; set API_USERNAME and API_PASSWORD to what it was started with`,
      );
    case 503:
      return new ApiError('no-list', 'the API has no list to serve; its own log says why');
    default:
      return new ApiError('nonsense', `the API answered ${status}`);
  }
}
