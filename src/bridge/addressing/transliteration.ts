// Cyrillic and Greek to Latin letters, roughly as they sound: enough to compare names, not to read.
const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'а a,б b,в v,г g,ґ g,д d,е e,є e,э e,ё o,ж zh,з z,и i,і i,ї i,ы i,й i,к k,л l,м m,н n,о o,п p,р r,с s,т t,у u,ў u,' +
    'ф f,х kh,ц ts,ч ch,ш sh,щ sh,ъ ,ь ,ю iu,я ia,ј i,љ l,њ n,ђ d,ћ c,џ d,' +
    'α a,β v,γ g,δ d,ε e,ζ z,η i,θ th,ι i,κ k,λ l,μ m,ν n,ξ x,ο o,π p,ρ r,σ s,ς s,τ t,υ i,φ f,χ kh,ψ ps,ω o'
  )
    .split(',')
    .map((pair) => pair.split(' ')),
);

/** A lower-case text with its Cyrillic and Greek letters in Latin ones; the others stay. */
export function latinized(text: string): string {
  return [...text].map((letter) => LETTERS[letter] ?? letter).join('');
}
