/** The folded words (hence ي without its hamza) that say what is in a column: whole names, parts of names, ages. */
const HEADINGS = {
  whole:
    /^(?:(?:full|complete|whole) ?names?(?: .*)?|(?:(?:students?|pupils?|learners?|child) ?(?:s )?(?:full )?)names?|names? of (?:the )?(?:students?|pupils?|child)|(?:first|last) (?:names? )?(?:and )?(?:first|last) names?|students?|pupils?|learners?|nom complet|noms? (?:et )?prenoms?|prenoms? (?:et )?noms?|(?:nom (?:de l |des |d )?)?(?:eleves?|etudiant(?: ?e)?s?)|nombre completo|nombres? y apellidos?|apellidos? y nombres?|(?:nombre del? )?(?:alumn[oa]s?|estudiantes?)|(?:vor und nach|vollstandiger |vor zu)name|vorname (?:und )?(?:nach)?name|(?:nach)?name (?:und )?vorname|(?:name des )?schuler(?:s|in| in|innen| innen)?|nome completo|ad soyad|الاسم (?:الكامل|واللقب|والنسب|الثلاثي)|(?:اسم )?(?:الطالب|الطالبة|التلميذ|التلميذة))$/,
  name: /^(?:names?|noms?|nombres?|nome|naam|isim|ad|الاسم|اسم|الاسماء)$/,
  first:
    /^(?:(?:first|given|fore) ?names?|first|prenoms?(?: s)?|(?:vor|ruf)namen?|primer nombre|nombre de pila|voornaam|الاسم (?:الاول|الشخصي))$/,
  last: /^(?:(?:last|family|sur) ?names?|last|nom de famille|(?:nach|familien)namen?|(?:primer )?apellidos?(?: s| paterno)?|cognome|achternaam|soyad|النسب|اللقب|(?:اسم|الاسم) (?:العايلي|العايلة))$/,
  age: /^(?:(?:students?|pupils?) (?:s )?)?(?:ages?|alter|edad|eta|idade|leeftijd|yas|السن|العمر|عمر)(?! (?:group|range|category|class))(?: .*)?$/,
};

/** What stands in front of a number under the table. */
const TOTAL =
  /^(?:class |overall |grand )?(?:(?:averages?|totals?|subtotal|moyenne|somme|effectif|nombre de?|durchschnitt|mittelwert|summe|gesamt|gesamtzahl|anzahl|promedio|numero de|number of|no of|standard deviation|std dev|ecart type|المجموع|المعدل|المتوسط|العدد|عدد)(?: .*)?|(?:avg|mean|median|sum|count|number|min|minimum|max|maximum|size|moyen|mediane|mittel|media|mediana|numero|suma|maximo|minimo)(?: ages?)?|age moyen|durchschnittsalter|edad (?:media|promedio))$/;

/** More are not looked at. */
export const MAX_COLUMNS = 50;

type Kind = keyof typeof HEADINGS;

const wordsOf = (cell: string) =>
  cell
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/\P{L}+/gu, ' ')
    .trim();

export const isTotal = (cell: string) => cell.length < 50 && TOTAL.test(wordsOf(cell));

/** Finds in which column of a row there is which heading; the first of each kind counts. */
export function readHeadings(cells: readonly string[]): Partial<Record<Kind, number>> {
  const words = cells.slice(0, MAX_COLUMNS).map((it) => wordsOf(it.slice(0, 50)));
  const kinds = Object.entries(HEADINGS).map(([kind, pattern]) => {
    return [kind, words.findIndex((it) => pattern.test(it))] as const;
  });
  return Object.fromEntries(kinds.filter(([, column]) => column !== -1));
}
