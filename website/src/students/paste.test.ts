import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Columns } from './columns';
import { readRows, toPatch } from './paste';

/** What came of each row of a paste, in short; all rows are in it. */
async function read(text: string, chosen?: Columns) {
  const { students, leftOut, noStudent, rows, columns, isClear } = await readRows(text, chosen);
  expect(students.size + leftOut.count + noStudent.count).toBe(rows);
  const asked = isClear ? '' : `${columns.names || '?'} ${columns.ages || '?'}`;
  return [
    [...students].map((it) => it.join(' ')).join(', '),
    asked || leftOut.shown.map(({ row, reason }) => `${row}: ${reason}`).join(', '),
    noStudent.shown.map(({ row, reason }) => `${row}: ${reason}`).join(', '),
  ];
}

const TWO = 'Ann Lee 20, Ben Fox 21';
const HEAD = '1: headings';
const WORDS = 'an age is the number only, without words';
const BEFORE =
  'the name is in a row above, with the age 20; give each student a different name, with an initial for example';

// Who comes in; who is left out, or which columns are not certain; what is no student.
test.each([
  ['from Excel', 'Name\tAge\r\nAnn Lee\t20\r\nBen Fox\t21\r\n', TWO, '', HEAD],
  ['from Google Sheets', 'Ann Lee\t20\nBen Fox\t21', TWO, '', ''],
  ['of an old Mac', 'Ann Lee,20\rBen Fox,21\r', TWO, '', ''],
  [
    'CSV with quotes',
    '\uFEFF"Lee, Ann" , "20"\n"Ben ""B"" Fox",21',
    'Lee, Ann 20, Ben "B" Fox 21',
    '',
    '',
  ],
  ['with quotes within', 'Al "Big" Lee;20', 'Al "Big" Lee 20', '', ''],
  ['German', 'Name;Vorname;Alter\nLee;Ann;20\nFox;Ben;21', TWO, '', HEAD],
  ['French', 'N°;NOM;Prénom(s);Âge;Absences\n1;Lee;Ann;20;3\n2;Fox;Ben;21;0', TWO, '', HEAD],
  [
    'Spanish',
    'Apellido paterno;Nombres;Edad\nLee;Ann;20\nFox;Ben;21\nPromedio;;20,5',
    TWO,
    '',
    `${HEAD}, 4: a total or an average`,
  ],
  [
    'Arabic',
    'الرقم\tالاسم العائلي\tالاسم الشخصي\tالعمر\n1\tعلوي\tأحمد\t٢٠\n2\tبناني\tمريم\t٢١',
    'أحمد علوي 20, مريم بناني 21',
    '',
    HEAD,
  ],
  [
    'No, Age, Name',
    'No,Age,Name\n1,20,Ann Lee\n2,21,Ben Fox\nAverage,20.5,',
    TWO,
    '',
    `${HEAD}, 4: a total or an average`,
  ],
  ['counted, without headings', '1\tAnn Lee\t20\n2\tBen Fox\t21', '', '1 ?', ''],
  [
    'first and last name',
    'First name,Last name,E-mail,Age\nAnn,Lee,a@x.org,20\nBen,Fox,b@x.org,21',
    TWO,
    '',
    HEAD,
  ],
  ['an e-mail', 'Ann Lee,a@x.org,20\nBen Fox,b@x.org,21', TWO, '', ''],
  ['a gender', 'Ann Lee,F,20\nBen Fox,M,21', '', '? 2', ''],
  ['absences', 'Name,Absences,Age\nAnn Lee,3,20\nBen Fox,0,21', TWO, '', HEAD],
  ['grades', 'Student;Age group;Age;Maths\nAnn Lee;18-20;20;12,5\nBen Fox;21+;21;9', TWO, '', HEAD],
  ['grades, without headings', 'Ann Lee;20;12\nBen Fox;21;9', '', '0 ?', ''],
  ['hours', 'Name,Hours of study\nAnn Lee,5\nBen Fox,7', '', '0 ?', HEAD],
  ['headings in words unknown', 'Vardas,Valandos\nAnn Lee,5\nBen Fox,7', '', '0 ?', ''],
  ['dates of birth', 'Name,Born\nAnn Lee,2006-05-12\nBen Fox,2005-01-01', '', '0 ?', HEAD],
  ['a date beside the age', 'Ann Lee,12/05/2006,20\nBen Fox,01/01/2005,21', TWO, '', ''],
  ['names alone', 'Ann Lee\nBen Fox', '', '0 ?', ''],
  ['names alone, under a heading', 'Name\nAnn Lee\nBen Fox', '', '0 ?', HEAD],
  ['blanks between', 'Ann Lee 20\nBen Fox 21', '', '? ?', ''],
  ['Last, First', 'Lee, Ann\t20\nFox, Ben\t21', 'Lee, Ann 20, Fox, Ben 21', '', ''],
  ['Last, First, Age', 'Lee, Ann, 20\nFox, Ben, 21', '', '? 2', ''],
  ['numbers alone', '10\t4\n11\t5', '', '? ?', ''],
  [
    'a title, and a total',
    'Class 3B, in spring\t\n\t\nName\tAge\nAnn Lee\t20\nName\tAge\nBen Fox\t21\nTotal: 2\t',
    TWO,
    '',
    '1: above the headings, 2: empty, 3: headings, 5: headings, 7: a total or an average',
  ],
  ['a title, without headings', 'In spring\nAnn Lee,20\nBen Fox,21', TWO, '', '1: above the table'],
  ['blank rows', 'Ann Lee,20\n\n , \nBen Fox,21\n\n', TWO, '', '2: empty, 3: empty, 5: empty'],
  [
    'Markdown',
    '| Name | Age |\n|------|----:|\n| Ann Lee | 20 |\n| Ben Fox | 21 |',
    TWO,
    '',
    `${HEAD}, 2: a line between rows`,
  ],
  [
    'dashes',
    'Name\tAge\n----\t---\nAnn Lee\t20.0\nBen Fox\t21,0',
    TWO,
    '',
    `${HEAD}, 2: a line between rows`,
  ],
  [
    'numbers under "Student"',
    'Student,First name,Last name,Age\n1001,Ann,Lee,20\nS-2,Ben,Fox,21\nAvg,,,20',
    TWO,
    '',
    `${HEAD}, 4: a total or an average`,
  ],
  [
    'people called like a total',
    'Last name,First name,Age\nSum,Wing,020\nde Vries,Max,21\nMaximum,,21',
    'Wing Sum 20, Max de Vries 21',
    '',
    `${HEAD}, 4: a total or an average`,
  ],
  ['quoted by Excel', 'Name,Age\n"Lee, Ann",20\n Zoe\u0308 ,21', 'Lee, Ann 20, Zoë 21', '', HEAD],
  ['a name and an age in one cell, first', 'Paul Lee 15\nAnn Lee,20\nBen Fox,21', '', '? 1', ''],
  ['namesakes', 'Ann,20\nAnn,20\n Ann\u00a0,21', 'Ann 20', `2: ${BEFORE}, 3: ${BEFORE}`, ''],
  [
    'what cannot be seen',
    'Zoe\u0308\t20\nJose\u00a0  Al\t21\nA\u200bn\u200cn\t22\n"Ben\r\nFox"\t23\nمهدی\u200cزاده\t24',
    'Zoë 20, Jose Al 21, Ann 22, Ben Fox 23, مهدی\u200cزاده 24',
    '',
    '',
  ],
  [
    'reasons',
    'Name;Age\nAnn;20 ans\nBen;12. Mai 2006\nCy;May 12, 2006\nDi;20,5\nEd;\nFay 20\nGus;151\n;20\nHal;-1\nIda;20',
    'Ida 20',
    `2: ${WORDS}, 3: this is a date, not an age, 4: this is a date, not an age, 5: an age has no decimals, 6: there is no age, 7: there is nothing between the name and the age, 8: an age is a whole number from 0 to 150, 9: there is no name, 10: an age is a whole number from 0 to 150`,
    HEAD,
  ],
  [
    'names too long or with others than text',
    `Ann,20\n${'é'.repeat(201)},21\n${'😀'.repeat(200)},22\nB\u0007,23`,
    `Ann 20, ${'😀'.repeat(200)} 22`,
    '2: a name has at most 200 characters, 4: the name has a character that is not for text',
    '',
  ],
  [
    'a quotation mark too many',
    'Ann,20\n"Ben,21\nCy,22\n',
    'Ann 20',
    '2: from here on: a quotation mark is out of place',
    '',
  ],
])('a list: %s', async (_what, text, ...came) => {
  expect(await read(text)).toEqual(came);
});

test('columns can be chosen', async () => {
  const text = 'Lee, Ann, 20, 3\nFox, Ben, 21, 20 h';
  expect(await read(text, { names: '1+0', ages: '2' })).toEqual(['Ann Lee 20, Ben Fox 21', '', '']);
  expect(await read(text, { names: '1', ages: '3' })).toEqual(['Ann 3', `2: ${WORDS}`, '']);
  expect(await read(text, { names: '0+'.repeat(99), ages: '__proto__' })).toEqual(['', '? 2', '']);
});

test('the merge patch is JSON, whatever is pasted', async () => {
  const text = fc.string({ unit: 'binary' });
  await fc.assert(
    fc.asyncProperty(text, text, async (a, b) => {
      const { students } = await readRows(`${a},20\n${b};21\nAhmed,21`);
      expect(Object.keys(JSON.parse(toPatch(students)))).toHaveLength(students.size);
    }),
  );
});
