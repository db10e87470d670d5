import { assert, assertEquals } from "@std/assert";
import { estimateTokens, GrowingCount } from "@/lib/client/tokens.ts";
import { TOUR } from "@/lib/models/tour.ts";

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
  [TOUR, 537],
];

Deno.test("E1, X4: an estimate is within 15 % of what a provider counts, in prose, code and ten languages", () => {
  for (const [text, tokens] of COUNTED) {
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
