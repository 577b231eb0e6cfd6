// Colours of people, as hexadecimal sRGB. Contrast is WCAG 2.2's (w3.org/TR/WCAG22/#dfn-contrast-ratio).

/** Backgrounds on which a name may stand; the style sheet of the page has the same. */
export const BACKGROUNDS = {
  light: ['#ffffff', '#f4f5f8', '#fff6d6'],
  dark: ['#15171c', '#1d2027', '#3a3318'],
} as const;
/** WCAG AA asks for 4.5 of text. */
const ENOUGH = 4.5;
/** Each next hue is as far from all before it as can be. */
const GOLDEN_ANGLE = 137.508;
const FIRST_HUE = 212;

/** A colour for the nth person, readable on every background of the scheme. */
export function colourOf(index: number, scheme: keyof typeof BACKGROUNDS): string {
  const hue = (FIRST_HUE + index * GOLDEN_ANGLE) % 360;
  const backgrounds = BACKGROUNDS[scheme];
  const step = scheme === 'light' ? -0.01 : 0.01;
  let lightness = scheme === 'light' ? 0.5 : 0.6;
  let colour = hex(hue, 0.7, lightness);
  while (backgrounds.some((background) => contrast(colour, background) < ENOUGH)) {
    lightness += step;
    colour = hex(hue, 0.7, lightness);
  }
  return colour;
}

/** From 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** w3.org/TR/css-color-4/#hsl-to-rgb */
function hex(hue: number, saturation: number, lightness: number): string {
  const parts = [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    const part = lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(part * 255)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${parts.join('')}`;
}
