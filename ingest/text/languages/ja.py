"""Japanese, which has no blanks between words."""

from ingest.text.languages.base import Language, pattern, words

LANGUAGE = Language(
    code="ja",
    name="日本語",
    stemmer="english",  # for the English words that its texts contain
    stop_words=words(
        """は が を に の で と も か や へ から まで より とは という です ですか ます ますか でしょうか
        ください 何 何です 何ですか とは何ですか なに なぜ どの どのように どう どうして どれ どこ いつ 誰
        説明して 教えて について ある いる する される のは のか だ である"""
    ),
    common_words=words("これ それ あれ この その また および ただし しかし ため こと もの"),
    question_words=words("何 なに なぜ どの どのように どう どうして どれ どこ いつ 誰"),
    letters="",
    abbreviations=words("fig al eq vs"),
    continuation_words=words("は が を に の で と も へ から まで より"),
    page_words=words("ページ 頁 第"),
    capitalised_nouns=False,
    anaphora=pattern(r"(?P<pronoun>それら|これら|それ|彼ら)|これ(?!ら)|その|この|前者|後者"),
    antecedent=pattern(r"[\u4e00-\u9fff\u30a0-\u30ff]{3,}(?=(?:は|と|が|、|,))"),
    follow_up_opening=pattern(r"^\s*(?:では|じゃあ|それから|そして|しかし|でも|あと)"),
    complete_opening=pattern(r"\w{2,}(?:とは|は何|はなぜ|ですか|ますか|説明して|教えて)"),
    term_question="{term}とは何ですか？",
    prompt="講義ノートをもとに学生の質問に答えてください。番号付きのノートだけを使い、日本語で一文から三文の短い文で"
    "答え、各文の終わりに [1] のようにノートの番号を付けてください。",
    notes_label="Notes",
    question_label="Question",
    not_answered="ノートはこの質問に答えていません。",
    abstention="講義はこの質問に答えていないようです。",
    nearest_pages="最も近いページは以下のとおりです。",
    picture_pages="画像だけで検索できないページの数：{pages}。",
    doubt="講義はこの質問に答えていないかもしれません（{reasons}）。",
    doubt_reasons={
        "weak": "最も近い箇所でも質問との一致が弱いです",
        "missing": "近い箇所のどこにも「{words}」がありません",
        "scattered": "近い箇所が別々の講義にあります",
        "languages": "質問とページの言語が異なります",
        "named": "近い箇所は、日程、目標、課題のように題目を挙げるだけです",
    },
    writer_notes={
        "unreachable": "{place} で言語モデルが応答しないため、講義を引用します。サーバーを起動してもう一度質問してください。",
        "missing": "{place} に言語モデル {model} がないため、講義を引用します。読み込むか、`katheder models find` が示すものを選んでください。",
        "key": "{place} がキーを拒否したため、講義を引用します。models.api_key_variable の変数（{variable}）を確認してください。",
        "context": "プロンプトが {model} のコンテキストより長いため、講義を引用します。コンテキストを大きくするか answer.evidence_words を下げてください。",
        "cut": "回答の途中で {place} との接続が切れたため、講義を引用します。もう一度質問してください。",
        "busy": "{place} が混み合っている（ステータス {status}）ため、講義を引用します。一分後にもう一度質問してください。",
        "silent": "{model} が {seconds} 秒間何も送らなかったため、講義を引用します。もう一度質問するか models.token_seconds を上げてください。",
        "empty": "{model} が何も書かずに終わったため、講義を引用します。sampling.max_new_tokens を上げるか、別のモデルを選んでください。",
        "refused": "{place} がプロンプトを拒否した（{reason}）ため、講義を引用します。`katheder models try` で確認できます。",
        "sampling": "{model} は次の設定に対応していないため、効果がありませんでした：{settings}。",
    },
    table_words=words("表"),
    lecture_words=words("回 第"),
    numbered_lecture="第{number}回",
    up_to_lecture="{lecture}まで",
    searched_in="検索範囲：{scope}。",
    unsupported="書かれたが、講義資料に裏付けのない文：",
    figure_words=words("図"),
    summary_titles=words("まとめ 概要 結論"),
    contents_titles=words("目次 概要 アジェンダ 内容 索引"),
    closing_titles=words("ありがとうございました ご清聴ありがとうございました 質問 終わり 以上"),
    comparison_words=words("違い 相違 差 比較"),
    institutions=words("大学 学部 学科 機構 研究室 研究所"),
    verbs=words("です ます である ない"),
)
