// The alphabets of mathematics, each letter a character of its own: browsers draw no others.

/** Where the capitals, small letters and digits of an alphabet begin; 0 where it has none. */
const ALPHABETS: Readonly<Record<string, readonly [upper: number, lower: number, digit: number]>> = {
  "bold": [0x1d400, 0x1d41a, 0x1d7ce],
  "italic": [0x1d434, 0x1d44e, 0],
  "bold-italic": [0x1d468, 0x1d482, 0],
  "script": [0x1d49c, 0x1d4b6, 0],
  "bold-script": [0x1d4d0, 0x1d4ea, 0],
  "fraktur": [0x1d504, 0x1d51e, 0],
  "double-struck": [0x1d538, 0x1d552, 0x1d7d8],
  "bold-fraktur": [0x1d56c, 0x1d586, 0],
  "sans-serif": [0x1d5a0, 0x1d5ba, 0x1d7e2],
  "bold-sans-serif": [0x1d5d4, 0x1d5ee, 0x1d7ec],
  "sans-serif-italic": [0x1d608, 0x1d622, 0],
  "sans-serif-bold-italic": [0x1d63c, 0x1d656, 0],
  "monospace": [0x1d670, 0x1d68a, 0x1d7f6],
};

/** Letters that had a character before the alphabets had a place: theirs is empty. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "italic:h": "ℎ",
  ...letters("script", "BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ"),
  ...letters("fraktur", "CHIRZ", "ℭℌℑℜℨ"),
  ...letters("double-struck", "CHNPQRZ", "ℂℍℕℙℚℝℤ"),
};

function letters(alphabet: string, from: string, to: string): Record<string, string> {
  return Object.fromEntries([...from].map((letter, i) => [`${alphabet}:${letter}`, [...to][i]!]));
}

/** `text` in an alphabet; null for one that is not known. What has no letter there stays. */
export function lettersOf(text: string, alphabet: string): string | null {
  const places = ALPHABETS[alphabet];
  if (places === undefined) return null;
  const [upper, lower, digit] = places;
  return text.replace(/[A-Za-z0-9]/g, (letter) => {
    const elsewhere = ELSEWHERE[`${alphabet}:${letter}`];
    if (elsewhere !== undefined) return elsewhere;
    if (letter <= "9") return digit === 0 ? letter : String.fromCodePoint(digit + Number(letter));
    const first = letter <= "Z" ? "A" : "a";
    const place = letter <= "Z" ? upper : lower;
    return String.fromCodePoint(place + letter.charCodeAt(0) - first.charCodeAt(0));
  });
}
