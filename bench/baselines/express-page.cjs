// The website as a plain Express app: a page takes one request with axios and one rendering with EJS.
const { join } = require('node:path');
const axios = require('../../website/node_modules/axios');
const ejs = require('../../website/node_modules/ejs');
const express = require('../../website/node_modules/express');

const app = express();
app.set('views', join(__dirname, 'views'));
app.engine('ejs', ejs.renderFile);
app.get('/', async (_req, res) => {
  const { data } = await axios.get(process.env.API_URL, {
    auth: { username: 'root', password: 'root' },
  });
  res.render('page.ejs', { students: data.student_ages });
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
