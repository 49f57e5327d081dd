// A server that gives one answer, whatever it is asked: the control of tests
// that must notice a wrong one.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Calls `ask` with the address of a server that always answers with this JSON. */
export async function answering(body, ask) {
  const server = createServer((_, res) => res.setHeader('Content-Type', 'application/json').end(JSON.stringify(body)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    return await ask(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
