// An Express app with one empty route: the least that Express costs.
const express = require('../../simple_api/node_modules/express');

const app = express();
app.get('/', (_req, res) => {
  res.end();
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
