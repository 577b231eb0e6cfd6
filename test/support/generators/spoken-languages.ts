/** How much of what is said is made of a language's frequent words: word r is said as often as 1 / (r + this). */
const FLATTENED = 2.7;
const WORDS = 20_000;
const FEWEST_WORDS = 3;
const MOST_WORDS = 21;

/** The frequent words of a language, and what its other words are built of. */
interface Language {
  readonly frequent: readonly string[];
  readonly syllables: readonly string[];
  /** Hung on nouns, as in Korean and Turkish. */
  readonly endings: readonly string[];
  readonly space: '' | ' ';
}

const of = (text: string): string[] => text.split(' ');
const letters = (text: string): string[] => [...text];

export const languages = {
  en: {
    frequent: of(
      'the I to and you a it that of is in we so have for what on do this not be with are was just like they can know think there he but at all if or one no get up go out from then',
    ),
    syllables: of('ba con de fi gra hol in ju ka lem mo ner o pra ri sta ter ing ous able'),
    endings: of('s ed ing ly'),
    space: ' ',
  },
  de: {
    frequent: of(
      'ich das und die ist nicht du der wir es ein ja was zu in auf so mit den auch da aber haben noch mal wenn für sich dann sie dem kann doch nur jetzt wie hier schon',
    ),
    syllables: of('ver be ge un schlag haus über für mög lich keit ung bahn hof grün weiß trä ger sch ein'),
    endings: of('en er es ung lich'),
    space: ' ',
  },
  tr: {
    frequent: of(
      'bir bu ne ve ben için de o var çok da mı ama daha değil şey gibi evet kadar sen şimdi iyi biz sonra yok her mi zaman bana nasıl hadi',
    ),
    syllables: of('ka le gö rü şe hir çı ğı sı ne dü ya bah İs tan bul ıl dır su or'),
    endings: of('lar ler da den im ın ıyor mış'),
    space: ' ',
  },
  ar: {
    frequent: of(
      'في من على أن لا ما هذا هو يا إلى كان أنا مع كل هل أنت لكن قال عن ذلك إذا هي نعم بعد الذي كيف هنا شيء قد لقد هٰذا جِدًّا',
    ),
    syllables: of('كت مد رس ال با حر سل عا قم نو يف جو دي هـ خط صب ضي طا ظل غر'),
    endings: of('ون ات ها هم ية نا'),
    space: ' ',
  },
  he: {
    frequent: of(
      'את לא של זה אני מה הוא על כן לי אתה היא יש אבל גם כי אם אז עם רק הזה לך כל שלי טוב אנחנו מי עכשיו איך פה שָׁלוֹם',
    ),
    syllables: of('בר גל דו הר ול זמ חי טו יל כס לב מנ נש סו עי פר צב קר רש תל'),
    endings: of('ים ות נו כם'),
    space: ' ',
  },
  hi: {
    frequent: of(
      'है के में की और से का को नहीं यह मैं तो हैं पर भी क्या एक कि हम तुम था वह अब हो कर ही मुझे आप लिए यहाँ कुछ बात अच्छा हिन्दी हिंदी',
    ),
    syllables: of('का रि बा नी मो दू से गा ले पु चा टी जो वि शा हु ध्या न्त क्षे प्र'),
    endings: of('ों ता ना कर वाला'),
    space: ' ',
  },
  ja: {
    frequent: of(
      'の は に を が と で も か ね よ です ます した ている から けど この その それ ちょっと なんか これ そう ない する いう って まで なら という こと もの 今日 私 人 見 行 思 言 時 何 ありがとう ください',
    ),
    syllables: letters(
      '日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増係感特情投示変打男基私各始島直両朝革価式確村提運終挙果西勢減台広容必応演電歳住争談能無再位置企真流格有疑口過局少放税検藤町常校料沢裁状工建語球営空職証土与急止送援供可役構木割聞身費付施切由説転食比難防補車優夫研収断井何南石足違消境神番規術護展態導鮮備宅害配副算視条幹独警宮究育席輸訪楽起万着乗店述残想線率病農州武声質念待試族象銀域助労例衛然早張映限親額監環験追審商葉義伝働形景落欧担好退準賞訴辺造英被株頭技低毎医復仕去姿味負閣韓渡失移差衆個門写評課末守若脳極種美岡影命含福蔵量望松非撃佐核観察整段横融型白深字答夜製票況音申様財港識注呼渉達',
    ),
    endings: of('した します って ない たい です だよ'),
    space: '',
  },
  ko: {
    frequent: of(
      '그 이 안 나는 그래 뭐 지금 여기 우리 그리고 너무 진짜 아니 네가 내가 같이 있어요 없어요 했어요 합니다 그런데 오늘 많이 정말 좋아요 어디 하는 것 수 더',
    ),
    syllables: letters('가나다라마바사아자차하고기도로모보소오조지시리니수주구부무두인민한국선생학교전화문제'),
    endings: of('은 는 이 가 을 를 에서 에게 하고 입니다 했다'),
    space: ' ',
  },
} as const satisfies Record<string, Language>;

export type LanguageName = keyof typeof languages;

/** Word r of a language, the most frequent one first: the same one each time. */
export function wordIn(name: LanguageName, rank: number): string {
  const { frequent, syllables, endings }: Language = languages[name];
  const known = frequent[rank];
  if (known !== undefined) return known;
  // Words share their beginnings with others that are said as often, and end alike.
  let left = rank;
  let word = '';
  for (let more = rank < 2_000 ? 2 : 3; more > 0; more -= 1) {
    word += syllables[left % syllables.length];
    left = Math.floor(left / syllables.length) * 7 + rank;
  }
  return rank % 3 === 0 ? word + endings[rank % endings.length] : word;
}

/** What somebody says in one go: 3 to 21 words, of which few are said often (Zipf's law). `random` gives numbers in [0, 1). */
export function saidIn(name: LanguageName, random: () => number): string {
  const { space }: Language = languages[name];
  const count = FEWEST_WORDS + Math.floor(random() * (MOST_WORDS - FEWEST_WORDS));
  return Array.from({ length: count }, () => wordIn(name, rankOf(random()))).join(space);
}

/** The rank whose words make up this share of all that is said, by 1 / (r + FLATTENED). */
function rankOf(share: number): number {
  return Math.floor(FLATTENED * ((WORDS + FLATTENED) / FLATTENED) ** share - FLATTENED);
}
