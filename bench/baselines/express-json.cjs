// The API as a plain Express app: compares the credentials and sends the list with res.json.
const { readFileSync } = require('node:fs');
const express = require('../../simple_api/node_modules/express');

const list = JSON.parse(readFileSync(process.env.BODY_FILE, 'utf8'));
const app = express();
app.set('json spaces', 2); // the same body as the API's
app.get('/', (req, res) => {
  const [, encoded = ''] = (req.headers.authorization ?? '').split(' ');
  const [name, password] = Buffer.from(encoded, 'base64').toString().split(':');
  if (name === 'root' && password === 'root') res.json(list);
  else res.status(401).json({ error: 'Unauthorized access' });
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
