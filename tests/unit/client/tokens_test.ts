import { assert, assertEquals } from "@std/assert";
import { estimateTokens, GrowingCount } from "@/lib/client/tokens.ts";
import { TOUR } from "@/lib/models/tour.ts";
import { CORPUS } from "../../fixtures/corpus.ts";

/** Texts and the tokens that `o200k_base` makes of them. */
const COUNTED: [text: string, tokens: number][] = [
  [
    "Explain how a write-ahead log survives a crash, in five sentences. Draft a short, friendly note that moves our meeting to Thursday.",
    28,
  ],
  [
    "Ein Prozess, der seine Lease verloren hat, kann nicht mehr schreiben: seine Transaktion scheitert an ihrer Prüfung. Ein Zombie, der nach einer Minute aufwacht, schreibt nichts.",
    38,
  ],
  [
    "Le processus qui a perdu son bail ne peut plus écrire : sa transaction échoue à la vérification. Les élèves étaient déjà partis lorsque la maîtresse est arrivée à l'école avec ses livres.",
    39,
  ],
  [
    "El proceso que perdió su contrato ya no puede escribir: su transacción falla en la comprobación. Los niños jugaban en el jardín mientras su abuela preparaba la comida.",
    36,
  ],
  [
    "Процесс, потерявший аренду, больше не может писать: его транзакция не проходит проверку. Дети играли в саду, пока бабушка готовила обед на всю семью.",
    43,
  ],
  [
    "العملية التي فقدت عقد الإيجار لا يمكنها الكتابة بعد الآن: تفشل معاملتها عند الفحص. كان الأطفال يلعبون في الحديقة.",
    34,
  ],
  [
    "जिस प्रक्रिया ने अपना पट्टा खो दिया वह अब लिख नहीं सकती: उसका लेनदेन जाँच में विफल हो जाता है। बच्चे बगीचे में खेल रहे थे।",
    38,
  ],
  [
    "リースを失ったプロセスはもう書き込めません。コミットはチェックに失敗します。子供たちは庭で遊んでいました。東京は日本の首都であり、人口が最も多い都市です。",
    54,
  ],
  [
    "失去租约的进程不能再写入：它的提交无法通过检查。孩子们在花园里玩耍，奶奶在准备午饭。北京是中华人民共和国的首都。",
    43,
  ],
  [
    "임대를 잃은 프로세스는 더 이상 쓸 수 없습니다. 커밋이 검사에 실패합니다. 아이들은 정원에서 놀고 있었습니다.",
    35,
  ],
  [
    "export function windowOf(tokens: number | null): string {\n  if (tokens === null) return UNKNOWN;\n  const unit = tokens % 1000 !== 0 && tokens % 1024 === 0 ? 1024 : 1000;\n  return tokens >= unit ? `${Math.floor(tokens / unit)}K` : count(tokens);\n}\n",
    72,
  ],
  [
    '{"id":"7f2c0000-0000-4000-8000-00000000beef","usage":{"inputTokens":1234,"outputTokens":412},"ok":true}',
    42,
  ],
  ["1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30", 59],
  [
    "Prosessi, joka on menettänyt vuokransa, ei voi enää kirjoittaa: sen vahvistus epäonnistuu tarkistuksessa. Lapset leikkivät puutarhassa, kun isoäiti valmisti lounasta koko perheelle. Huomenna lähdemme aikaisin aamulla junalla pohjoiseen ja palaamme vasta sunnuntaina.",
    78,
  ],
  [
    "Az a folyamat, amely elvesztette a bérletét, többé nem írhat: a véglegesítése megbukik az ellenőrzésen. A gyerekek a kertben játszottak, miközben a nagymama ebédet készített az egész családnak. Holnap korán reggel indulunk vonattal északra, és csak vasárnap térünk vissza.",
    92,
  ],
  [
    "Processen som har förlorat sitt lån kan inte längre skriva: dess transaktion misslyckas vid kontrollen. Barnen lekte i trädgården medan mormor lagade lunch åt hela familjen. I morgon åker vi tidigt norrut med tåget.",
    61,
  ],
  [
    "Het proces dat zijn huur heeft verloren, kan niet meer schrijven: zijn transactie mislukt bij de controle. De kinderen speelden in de tuin terwijl oma de lunch voor het hele gezin klaarmaakte. Morgen vertrekken we vroeg met de trein naar het noorden.",
    53,
  ],
  [
    "Procesul care și-a pierdut contractul nu mai poate scrie: tranzacția lui eșuează la verificare. Copiii se jucau în grădină în timp ce bunica pregătea prânzul pentru toată familia. Mâine plecăm devreme cu trenul spre nord.",
    68,
  ],
  [
    "Processen, der har mistet sin lejekontrakt, kan ikke længere skrive: dens transaktion mislykkes ved kontrollen. Børnene legede i haven, mens bedstemor lavede frokost til hele familien. I morgen tager vi tidligt nordpå med toget.",
    60,
  ],
  [
    "התהליך שאיבד את החכירה אינו יכול לכתוב עוד: העסקה שלו נכשלת בבדיקה. הילדים שיחקו בגן בזמן שסבתא הכינה ארוחת צהריים לכל המשפחה.",
    47,
  ],
  [
    "กระบวนการที่สูญเสียสัญญาเช่าไม่สามารถเขียนได้อีกต่อไป ธุรกรรมล้มเหลวในการตรวจสอบ เด็ก ๆ เล่นในสวนขณะที่คุณยายเตรียมอาหารกลางวันให้ทั้งครอบครัว",
    55,
  ],
  [
    "Процес, який втратив оренду, більше не може писати: його транзакція не проходить перевірку. Діти гралися в саду, поки бабуся готувала обід для всієї родини. Завтра ми їдемо рано потягом на північ.",
    72,
  ],
  [
    "失去租約的行程不能再寫入：它的提交無法通過檢查。孩子們在花園裡玩耍，奶奶在準備午飯。明天早上我們坐火車去北方，星期天才回來。",
    60,
  ],
  [TOUR, 537],
];

Deno.test("E1, X4: an estimate is within 15 % of what a provider counts, in prose, code and forty languages and kinds of text", () => {
  const corpus = CORPUS.map(({ text, tokens }): [string, number] => [text, tokens]);
  for (const [text, tokens] of [...COUNTED, ...corpus]) {
    const estimated = estimateTokens(text);
    const off = Math.abs(estimated - tokens) / tokens;
    assert(off <= 0.15, `${estimated} for ${tokens}: ${text.slice(0, 60)}`);
  }
  assertEquals([estimateTokens(""), estimateTokens(" "), estimateTokens("a")], [0, 0, 1]);
});

Deno.test("a text that grows is counted once, and one that begins anew from its beginning", () => {
  const count = new GrowingCount();
  const words = TOUR.match(/\S+\s*/g)!;
  let text = "";
  let last = 0;
  for (const word of words) last = count.of(text += word);
  assert(Math.abs(last - 537) / 537 <= 0.15, `${last}`);
  assertEquals(count.of(text), last);
  assertEquals(count.of("a new one"), estimateTokens("a new one"));
});
