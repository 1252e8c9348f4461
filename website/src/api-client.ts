import { ClientRequest } from 'node:http';
import axios, { AxiosError, type AxiosResponse } from 'axios';
import type { Logger } from 'pino';
import { ApiError } from './api-error';
import { avoid, createReplicas, type LookUp, type Replica } from './api-replicas';
import type { Credentials } from './config';
import { parseStudentList, type StudentList, StudentListError } from './student-list';
import { systemErrorCode } from './system-error';

/** How long the API may take for its whole answer, in ms. */
const API_TIMEOUT_MS = 2_000;

/** How long one replica may be silent while there is another to ask, in ms. */
const REPLICA_TIMEOUT_MS = 700;

/** The most bytes of an answer: the API's longest list has 64 MiB, and its indentation comes on top. */
export const MAX_ANSWER_BYTES = 96 * 1024 * 1024;

const STUDENT_AGES_PATH = '/supmit/api/v1.0/get_student_ages';

/** Asks the API. */
export interface ApiClient {
  /**
   * Asks for the list. Who asks while a request is under way shares its answer; after it, the API is
   * asked again. Each time it is another replica's turn; when one does not give the list, the next is
   * asked.
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
 * @param api.logger is told of a replica that does not give the list while others do
 * @param api.lookUp how to find the addresses of the API's name
 */
export function createApiClient(api: {
  url: string;
  credentials: Credentials;
  logger: Logger;
  lookUp?: LookUp;
}): ApiClient {
  const replicas = createReplicas(api.url, api.lookUp);
  const http = axios.create({
    adapter: 'http',
    auth: api.credentials,
    // Compressing costs more than it saves between two containers of one host.
    headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' },
    maxContentLength: MAX_ANSWER_BYTES,
    // Neither a proxy from the environment nor another host may see the credentials.
    maxRedirects: 0,
    proxy: false,
    // axios returns an answer that is not JSON as it is, without a word, so the text is parsed here.
    responseType: 'text',
    transitional: { clarifyTimeoutError: true },
    validateStatus: () => true,
  });

  /** The list that the API sent last, and its entity tag, which all replicas form alike. */
  let last: { etag: string; students: StudentList } | undefined;
  let underWay: Promise<StudentList> | undefined;

  /** Asks one replica. @param timeout how long it may be silent, in ms; 0 for as long as it likes */
  async function ask(
    { agent }: Replica,
    timeout: number,
    signal: AbortSignal,
  ): Promise<AxiosResponse<string>> {
    const get = () =>
      http.get<string>(api.url + STUDENT_AGES_PATH, {
        httpAgent: agent,
        httpsAgent: agent,
        timeout,
        signal,
        headers: { 'If-None-Match': last?.etag },
      });
    return get().catch((error: unknown) => {
      if (wasClosedWhileIdle(error)) return get();
      throw error;
    });
  }

  function read({ status, data, headers }: AxiosResponse<string>): StudentList {
    if (status === 304 && last) return last.students;
    if (status !== 200) throw refusal(status);
    const students = parse(data);
    const etag = headers['etag'];
    last = typeof etag === 'string' ? { etag, students } : undefined;
    return students;
  }

  async function askInTurn(signal: AbortSignal): Promise<StudentList> {
    const queue = await replicas.inTurn(signal);
    let failure: unknown = new ApiError('unreachable', 'its name stands for no address');
    for (const [index, replica] of queue.entries()) {
      const isLast = index === queue.length - 1;
      try {
        const students = read(await ask(replica, isLast ? 0 : REPLICA_TIMEOUT_MS, signal));
        note(replica, undefined);
        return students;
      } catch (error) {
        failure = error;
        if (signal.aborted || isSilence(error)) avoid(replica);
        if (signal.aborted) break;
        // It may only be slow: when all others have failed, it has what is left of the time.
        if (isSilence(error) && queue.indexOf(replica) === index) queue.push(replica);
        if (!isLast) note(replica, explain(error));
      }
    }
    throw failure;
  }

  /** Says in the log that a replica begins to fail, or no longer does; not so at each request. */
  function note(replica: Replica, failure: unknown): void {
    const { address, isFailing } = replica;
    replica.isFailing = failure !== undefined;
    if (replica.isFailing === isFailing) return;
    if (!failure) api.logger.info({ address }, 'a replica of the API gives the list again');
    else {
      const cause = failure instanceof Error ? failure.message : String(failure);
      api.logger.warn(
        { address, cause },
        'a replica of the API does not give the list; asking another',
      );
    }
  }

  async function getStudents(): Promise<StudentList> {
    // axios's own timeout bounds the silence alone, not an answer that drips.
    const signal = AbortSignal.timeout(API_TIMEOUT_MS);
    try {
      return await askInTurn(signal);
    } catch (error) {
      if (signal.aborted) throw new ApiError('timeout', `no answer within ${API_TIMEOUT_MS} ms`);
      throw explain(error);
    }
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

/** Tells whether a replica let its time pass, instead of refusing. */
function isSilence(error: unknown): boolean {
  return systemErrorCode(error) === AxiosError.ETIMEDOUT;
}

/**
 * Finds what an error says of the API; one that says nothing of it comes back as it is. Of an error
 * of axios only code and message are taken; the rest of it holds the credentials.
 */
function explain(error: unknown): unknown {
  const isOfTheApi = axios.isAxiosError(error) || (error instanceof Error && 'syscall' in error);
  if (!isOfTheApi) return error;
  const code = systemErrorCode(error);
  const cause = [code, error.message].filter(Boolean).join(': ');
  const isAnswered =
    code === 'ERR_BAD_RESPONSE' || (axios.isAxiosError(error) && error.response !== undefined);
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
