"""Chinese, in simplified or traditional letters; it has no blanks between words."""

from ingest.text.languages.base import Language, pattern, words

LANGUAGE = Language(
    code="zh",
    name="中文",
    stemmer="english",  # for the English words that its texts contain
    stop_words=words(
        """的 了 是 吗 嗎 呢 吧 什么 什麼 甚麼 为什么 為什麼 怎么 怎麼 怎样 怎樣 怎么样 如何 哪些 哪个
        哪個 哪种 哪種 哪里 多少 几个 幾個 请问 請問 请 請 解释 解釋 说明 說明 是什么 是什麼 什么是
        什麼是 是指 是否 有什么 有什麼 有哪些 为何 為何 谁 誰 我们 我們 这个 這個 那个 那個 可以"""
    ),
    common_words=words("因此 所以 如果 但是 或者 以及 通过 通過 根据 根據 例如 其中"),
    question_words=words("什么 什麼 为什么 為什麼 怎么 怎麼 如何 哪些 哪个 哪個 多少 谁 誰 何时"),
    letters="",
    abbreviations=words("fig al eq vs"),
    continuation_words=words("的 和 与 或 在 是 对 将 把 从 由"),
    page_words=words("第 页 頁 共"),
    capitalised_nouns=False,
    anaphora=pattern(
        r"(?P<pronoun>它们|它們|它|他们|他們|她们|她們)|这个|這個|那个|那個|这些|這些|那些|前者|后者|後者"
    ),
    antecedent=pattern(r"[\u4e00-\u9fff]{4,}(?=(?:和|与|與|，|,))"),
    follow_up_opening=pattern(r"^\s*(?:那么|那麼|那|还有|還有|但是|而且|然后|然後)"),
    complete_opening=pattern(
        r"""^\s*(?: 什[么麼]是 | 为什么 | 為什麼 | 解[释釋] | 请?说明 )
        | (?: 是什[么麼] | 是指什[么麼] | 有什[么麼]\w* | 有哪些\w* | \w{2,}吗 | \w{2,}嗎 )\s*\W*$"""
    ),
    term_question="什么是{term}？",
    prompt="请根据课堂笔记回答学生的问题。只使用带编号的笔记。用中文写一到三个短句，每句末尾注明笔记编号，"
    "例如 [1]。",
    notes_label="Notes",
    question_label="Question",
    not_answered="笔记没有回答这个问题。",
    abstention="这些讲义似乎没有回答这个问题。",
    nearest_pages="最接近的页面列在下面。",
    picture_pages="只有图片、无法搜索到的页数：{pages}。",
    doubt="这些讲义可能没有回答这个问题（{reasons}）。",
    doubt_reasons={
        "weak": "最接近的段落与问题只有微弱的对应",
        "missing": "最接近的段落都没有提到“{words}”",
        "scattered": "最接近的段落来自不同的讲义",
        "languages": "问题和页面使用不同的语言",
        "named": "最接近的段落只是提到该主题，如日程、目标或习题",
    },
    writer_notes={
        "unreachable": "{place} 没有语言模型应答，因此引用讲义；请启动该服务器后再提问。",
        "missing": "{place} 没有语言模型 {model}，因此引用讲义；请在那里加载它，或选择 `katheder models find` 列出的模型。",
        "key": "{place} 拒绝了密钥，因此引用讲义；请检查 models.api_key_variable 指定的变量（{variable}）。",
        "context": "提示超过了 {model} 的上下文长度，因此引用讲义；请加大上下文，或调低 answer.evidence_words。",
        "cut": "与 {place} 的连接在回答中途断开，因此引用讲义；请再次提问。",
        "busy": "{place} 过于繁忙（状态 {status}），因此引用讲义；请一分钟后再提问。",
        "silent": "{model} 在 {seconds} 秒内没有发送任何内容，因此引用讲义；请再次提问，或调高 models.token_seconds。",
        "empty": "{model} 没有写出任何内容，因此引用讲义；请调高 sampling.max_new_tokens，或选择其他模型。",
        "refused": "{place} 拒绝了提示（{reason}），因此引用讲义；可用 `katheder models try` 查看。",
        "sampling": "{model} 不支持以下设置，因此它们没有生效：{settings}。",
    },
    table_words=words("表"),
    lecture_words=words("第 讲 課 课"),
    numbered_lecture="第{number}讲",
    up_to_lecture="到{lecture}为止",
    searched_in="检索范围：{scope}。",
    unsupported="模型写出但讲义中没有依据的句子：",
    figure_words=words("图 圖"),
    summary_titles=words("总结 總結 小结 小結 概述"),
    contents_titles=words("目录 目錄 大纲 大綱 提纲 提綱 议程 議程 概述 索引"),
    closing_titles=words("谢谢 謝謝 谢谢大家 謝謝大家 感谢聆听 感謝聆聽 结束 結束 问题"),
    comparison_words=words("区别 差别 不同 比较"),
    institutions=words("大学 大學 学院 學院 研究所 系"),
    verbs=words("是 有 可以 必须 必須 应该 應該 不要 不能"),
)
