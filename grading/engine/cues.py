"""Words of general language: function words, cues such as negations, opposites and synonyms.

The field's own vocabulary comes with the glossary. The lists are kept by hand. Terms are separated
by "|" and may be in either language. They are folded and stemmed like any text.

A list of cues is followed by its exceptions, longer words that contain a cue without being one.
"""

from __future__ import annotations

# Characters and words without content of their own. They weigh nothing.
CHINESE_FUNCTION_CHARACTERS = frozenset(
    "的了是在和与及或也都就而且但并把被让使给对于从到向以为因所由其它他她我你您们这那此该个些种样之中里上下等呢吗吧啊哦嗯呃嘛哈么着过地得"
    "会能可要又还很更最再则如若即便只已将时候后前内有说讲来去什怎"
)
ENGLISH_FUNCTION_WORDS = frozenset(
    ["a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "is", "are", "was", "were", "be", "been", "being", "am", "it", "its", "this", "that", "these", "those", "there", "here", "and", "or", "but", "so", "than", "then", "if", "when", "while", "which", "who", "whom", "whose", "what", "how", "why", "where", "will", "would", "shall", "should", "can", "could", "may", "might", "must", "do", "does", "did", "done", "doing", "have", "has", "had", "having", "i", "you", "he", "she", "we", "they", "them", "their", "his", "her", "our", "your", "my", "me", "us", "one", "ones", "some", "any", "such", "also", "just", "very", "really", "quite", "too", "well", "like", "about", "into", "onto", "over", "under", "up", "out", "off", "via", "per", "etc", "eg", "ie", "s", "t", "re", "ll", "ve", "d", "m", "um", "uh", "er", "thing", "things", "way", "kind", "sort", "lot", "bit", "get", "gets", "got", "because", "since"]
)  # fmt: skip

# Single letters that name quantities. They weigh nothing, and yet tell d from the root of d.
VARIABLE_LETTERS = frozenset("dstm")

# Content words so common in technical talk that they weigh little.
CHINESE_LIGHT_CHARACTERS = frozenset(
    "模型方法问题情况使用可以进行通过实现一个比较不同主要作用需要数据结果"
)
ENGLISH_LIGHT_WORDS = frozenset(
    [
        "use",
        "used",
        "using",
        "make",
        "makes",
        "made",
        "need",
        "needs",
        "model",
        "data",
        "system",
        "work",
        "works",
        "need",
        "example",
        "way",
        "thing",
        "case",
        "mean",
        "means",
    ]
)

# Words after the quantity A at the start of a clause, where an article has a capital as well.
WORDS_AFTER_QUANTITY_A = frozenset(
    [
        "is",
        "was",
        "has",
        "gets",
        "can",
        "will",
        "does",
        "and",
        "with",
        "starts",
        "begins",
        "=",
        "+",
        "*",
        "/",
    ]
)

# Words before which a clause is cut.
CONTRAST_WORDS = frozenset(
    ["但", "而", "却", "whereas", "but", "while", "however", "although", "though"]
)

IRREGULAR_FORMS = {
    "went": "go", "gone": "go", "goes": "go", "took": "take", "taken": "take", "gave": "give", "given": "give", "kept": "keep",
    "held": "hold", "sent": "send", "lost": "lose", "found": "find", "wrote": "write", "written": "write", "grew": "grow", "grown": "grow",
    "knew": "know", "known": "know", "thought": "think", "brought": "bring", "built": "build", "bought": "buy", "caught": "catch",
    "chose": "choose", "chosen": "choose", "fell": "fall", "fallen": "fall", "ran": "run", "saw": "see", "seen": "see", "told": "tell",
    "shrank": "shrink", "shrunk": "shrink", "broke": "break", "broken": "break", "began": "begin", "begun": "begin", "rose": "rise",
    "risen": "rise", "meant": "mean", "left": "leave", "led": "lead", "children": "child", "better": "good", "best": "good",
    "worse": "bad", "worst": "bad", "indices": "index", "vertices": "vertex", "matrices": "matrix", "data": "data", "hid": "hide",
    "hidden": "hidden", "slept": "sleep", "waited": "wait", "stuck": "stick", "threw": "throw", "thrown": "throw", "froze": "freeze", "frozen": "freeze",
}  # fmt: skip

# Negations.
NEGATIONS = """
不 | 没 | 没有 | 无 | 无法 | 未 | 非 | 并非 | 不是 | 不会 | 不能 | 别 | 勿 | 毫无 | 从不 | 绝不 | 不再 | 免去 | 而不是 | 而非 | 不可能 | 不需要 | 无需 | 不用 | 不必 | 没法 | 谈不上
not | no | never | without | neither | nor | none | nothing | hardly | fail to | instead of | rather than | no longer | nobody | cannot | unable | untrue | false that
"""
NEGATION_EXCEPTIONS = """
不仅 | 不但 | 不只 | 不光 | 不同 | 不过 | 不管 | 不断 | 不论 | 无论 | 不多 | 不大 | 不高 | 不长 | 不小 | 不低 | 非常 | 差不多 | 不妨 | 不错 | 不得不 | 无非 | 不止 | 除非 | 不一样 | 不少 | 非线性 | 无疑 | 莫非 | 不外乎 | 不然 | 要不 | 非对称 | 无监督 | 无关紧要 | 是不是
从不同 | 不像 | 未来 | 未知 | 别人 | 别的 | 区别 | 差别 | 分别 | 类别 | 特别 | 识别 | 级别 | 判别 | 个别 | 性别 | 鉴别 | 辨别 | 告别 | 淹没 | 有没有 | 会不会 | 能不能 | 不对 | 没错 | 无穷 | 无限 | 不等式 | 不知道 | 不清楚 | 不记得 | 不太确定 | 不确定 | 不太清楚 | 说不定
not only | no matter | no doubt | not just | not sure | no wait | nothing but | not to mention | no idea | no problem | why not | whether or not
"""

# “Not X but Y”: the words before X, their exceptions, and the words before Y.
CONTRASTIVE_NEGATIONS = """
不是 | 并不是 | 并非 | 不再是 | 不是为了 | 不是因为 | 不在于 | not
"""
CONTRASTIVE_NEGATION_EXCEPTIONS = """
是不是 | 不是很 | 不是不 | 不是没 | 不是说 | not only | not just | not merely | not sure | whether or not | not necessarily
"""
CONTRASTIVE_AFFIRMATIONS = """
而是 | 而在 | 而在于 | 是 | 才是 | 而是为了 | 而是因为 | 而是在 | but rather | but from | rather
"""

# Corrections: the claim before does not count.
CORRECTIONS = """
不对 | 啊不 | 哦不 | 说错了 | 讲错了 | 记错了 | 更正一下 | 纠正一下 | 等等不对 | 我收回 | 刚才说错 | 口误
no wait | wait no | sorry no | scratch that | let me correct | i misspoke | no sorry | strike that | i take that back
"""

# Corrections by which the whole sentence before was the wrong way round.
INVERSIONS = """
说反了 | 讲反了 | 反了 | 搞反了 | 记反了 | 弄反了 | 应该反过来 | 应该是反过来 | 正好反过来
the opposite | other way round | other way around | i mean the opposite | i had it backwards | got that backwards | it's the reverse | 反过来了
"""

# Exceptions of both.
CORRECTION_EXCEPTIONS = """
not the other way round | not the other way around | not necessarily the other way round | not necessarily the other way around | is the opposite
不对称 | 不对等 | 不对齐 | 相反了
"""

# Words that may stand beside a correction without saying anything.
FILLERS = frozenset(
    "嗯啊哦呃额欸哎诶唉噢等我刚才说这那里个是应该不对错好像有点想了一下让再重新其实准确讲"
) | frozenset(
    [
        "wait",
        "no",
        "sorry",
        "oh",
        "hmm",
        "actual",
        "i",
        "mean",
        "well",
        "uh",
        "um",
        "it",
        "is",
        "that",
        "the",
        "ok",
        "right",
        "so",
        "and",
        "but",
        "hold",
        "on",
        "oop",
        "should",
        "be",
        "was",
    ]
)

# Corrections that are all that their clause says.
DISMISSALS = """
不 | 不不 | 哦不 | 啊不 | 不是 | 不是的 | 不是不是 | 并不是 | 其实不是 | 其实并不是 | 其实没有 | 实际不是 | 实际上不是 | 当然不是 | 等一下
no | nope | sorry | oops | hold on | actually no | not really | actually not | of course not | it is not | it isn't | it does not | it doesn't
"""
# Of these, the ones after which the speaker may as well go on.
BARE_NOES = """
不 | 不不 | no | nope | sorry | hold on | 等一下
"""

# Clauses by which what the speaker said before is wrong.
DISCLAIMERS = """
这种说法是不对 | 这种说法不对 | 这种说法是错 | 这种说法错 | 这种说法不成立 | 这个说法是不对 | 这个说法不对 | 这个说法是错 | 这个说法不成立 | 这说法不对 | 这种观点不对 | 这种观点是错 | 这种理解是错 | 这种理解不对
这是错的 | 这是错误的 | 这是不对的 | 这不对 | 这是误解 | 这是个误解 | 我不同意 | 我不认同 | 我不赞同 | 不敢苟同
其实不是这样 | 其实不然 | 其实并不是这样 | 并非如此 | 不是这样的 | 并不是这样 | 实际不是这样 | 实际上不是这样 | 事实不是这样 | 事实上不是这样 | 其实不对 | 其实是错的
that is wrong | that's wrong | this is wrong | that is false | that's false | this is false | that is not true | that isn't true | this is not true
this is a myth | that is a myth | that is incorrect | this is incorrect | that is a misconception | this is a misconception | that is not the case | that's not the case | i disagree | i don't agree | i do not agree
that is simply wrong | that's simply wrong | this is simply wrong | that is just wrong | that's just wrong | that is completely wrong | that's completely wrong | that's a misconception
"""

# Ends of a clause by which a reported opinion is wrong.
REJECTIONS = """
是错误的 | 是错的 | 是不对的 | 是不正确的 | 是不准确的 | 是误解 | 是误区 | 是个误区 | 是一个误区 | 是个误解 | 是一种误解
is wrong | is false | is incorrect | is a myth | is a misconception | is a mistake | is nonsense | is a common misconception | is a common mistake | is a common myth
"""
# Ends of a clause by which anything before them is wrong.
STRONG_REJECTIONS = """
完全错误 | 完全错了 | 完全是错的 | 纯属误解 | simply wrong | just wrong | plain wrong | completely wrong | totally wrong | simply false | simply not true
"""
REPORTED_OPINIONS = """
说 | 认为 | 觉得 | 以为 | 有人说 | 说法 | 观点
saying | people say | some say | claiming | claim | idea that | belief that | i think | think that | notion that | believe | thinking | opinion | to say
"""
REPORTED_OPINION_EXCEPTIONS = """
来说 | 就是说 | 比如说 | 可以说 | 所以为 | 可以为 | 说明 | 说白了 | 说到 | 一句话说 | 简单说 | 说的是
"""

# Mistakes of others: who makes them, the words for their belief, phrases that tell of a mistake by
# themselves, and words that turn from it to the facts.
PEOPLE = """
人 | 人们 | 大家 | 初学者 | 新手 | 同学 | 候选人 | people | beginners | candidates | folks | newcomers
"""
MISTAKEN_BELIEFS = """
以为 | 误以为 | 误认为 | 错误地认为 | mistakenly think | mistakenly believe | mistakenly assume | wrongly think | wrongly believe | wrongly assume | falsely believe | incorrectly think | incorrectly assume
"""
MISTAKEN_BELIEF_EXCEPTIONS = """
以为的 | 可以为 | 所以为 | 得以为 | 用以为 | 足以为 | 难以为
"""
MISCONCEPTIONS = """
常见的误区是 | 常见误区是 | 一个误区是 | 常见的误解是 | 常见误解是 | 一个误解是 | 别以为 | 不要以为 | 千万别以为
common misconception | popular misconception | common mistake is to think | common myth | mistaken belief
"""
FACT_OPENERS = """
其实 | 实际 | 事实上 | 但 | 而 | 却 | 真正 | 正确 | 应该 | actually | in fact | in reality | but | however | really | instead | rather
"""

# Openings of a sentence that deny all of it.
SENTENCE_DENIALS = """
并非 | 不是说 | 并不是说 | 并不是 | 不能说 | 谈不上 | 说不上
it is not true that | it isn't true that | it is not the case that | it isn't the case that | it is false that | it is wrong to say | it is untrue that | i don't think | i don't believe
"""

# Words that make a clause a supposition or a question. What it negates is not denied.
SUPPOSITIONS = """
如果 | 若 | 要是 | 否则 | 一旦 | 就会 | 就 | 则 | 假如 | 假设 | 倘若 | 万一 | 除非 | 只有 | 难道 | 为什么 | 为何
的话 | 的情况下 | if | unless | otherwise | without | would | suppose | why | with no | given no | having no
"""

# Comparisons: it matters which thing stands before the word.
COMPARISONS = """
比 | 高于 | 低于 | 大于 | 小于 | 多于 | 少于 | 优于 | 快于 | 慢于 | 不如 | 而不是 | 而非 | than | instead of | rather than
"""

# Words by which an answer gives up.
NO_ANSWERS = """
不知道 | 不清楚 | 不太清楚 | 不了解 | 没听说过 | 没听过 | 不会 | 不太会 | 不懂 | 不太懂 | 没学过 | 没了解过 | 不太了解 | 忘了 | 想不起来 | 没接触过 | 答不上来 | 不记得
i don't know | no idea | don't know | not sure | i have no clue | i forgot | can't remember | don't remember | never heard of | pass | skip
"""

# Synonyms. A line is one concept: its name, and terms that can stand for one another.
CONCEPTS = """
up: 不小 | 不少 | 不低 | 增加 | 增大 | 增多 | 增长 | 提高 | 提升 | 上升 | 升高 | 变大 | 变多 | 变高 | 变长 | 扩大 | 放大 | 加大 | 更大 | 更多 | 更高 | 更长 | 偏大 | 偏高 | 较大 | 较高 | 很大 | 很高 | 过大 | 太大 | 最大 | 最多 | 最高 | 越大 | 越多 | 越高 | 翻倍 | 翻番 | 涨 | 膨胀 | 大大 | 增强 | 加强 | 更强 | 变强 | increase | grow | rise | raise | higher | larger | bigger | greater | more | longer | high | large | big | huge | boost | climb | expand | enlarge | improve | double | long | great
down: 不多 | 不大 | 不高 | 不长 | 减少 | 减小 | 降低 | 下降 | 减轻 | 变小 | 变少 | 变低 | 变短 | 缩小 | 缩短 | 更小 | 更少 | 更低 | 更短 | 偏小 | 偏低 | 较小 | 较低 | 很小 | 很少 | 很低 | 过小 | 太小 | 最小 | 最少 | 最低 | 越小 | 越少 | 越低 | 削减 | 压缩 | 少了 | 小了 | 省 | 节省 | 节约 | 缓解 | 减弱 | 削弱 | 变弱 | 更弱 | 衰减 | 减半 | 掉 | decrease | reduce | fall | drop | lower | smaller | less | fewer | shorter | low | small | little | few | shrink | cut | decline | diminish | lessen | save | tiny | short | halve
fast: 快 | 更快 | 变快 | 加快 | 加速 | 提速 | 快速 | 迅速 | 高效 | 很快 | 越快 | fast | faster | quick | quickly | speed up | speedy | rapid | rapidly | accelerate | efficient | instant | cheap
slow: 慢 | 更慢 | 变慢 | 减慢 | 拖慢 | 缓慢 | 很慢 | 越慢 | 低效 | 耗时 | slow | slower | slow down | sluggish | slowly | inefficient | expensive | costly | delay
good: 好 | 更好 | 变好 | 较好 | 优秀 | 良好 | 改善 | 改进 | 优化 | good | well | better | improve | improvement | enhance
bad: 差 | 更差 | 变差 | 较差 | 糟糕 | 恶化 | 劣化 | 变坏 | 受损 | 掉点 | bad | poor | worse | degrade | deteriorate | hurt | harm | damage
stable: 稳定 | 平稳 | 稳住 | 稳健 | 更稳 | 稳 | stable | steady | stabilize | stability | robust
unstable: 不稳定 | 不稳 | 震荡 | 抖动 | 波动 | 发散 | 忽大忽小 | 动荡 | unstable | oscillate | oscillation | fluctuate | diverge | jitter | instability | noisy
easy: 容易 | 易于 | 简单 | 方便 | 轻松 | 简便 | 简洁 | 更易 | 省事 | easy | easier | easily | simple | simply | convenient | straightforward | trivial
hard: 困难 | 难以 | 很难 | 更难 | 难 | 复杂 | 麻烦 | 不容易 | 不易 | 不好 | hard | harder | difficult | difficulty | complex | complicated | struggle | tough
same: 相同 | 一样 | 同样 | 一致 | 相等 | 等于 | 等价 | 等同 | 相当于 | 同一个 | 同一份 | 同一 | 一回事 | 没区别 | 没有区别 | 无差别 | 同等 | same | equal | identical | equivalent | equivalently | amounts to | equals | alike | one and the same
different: 不同 | 不一样 | 不一致 | 有区别 | 区别 | 差异 | 差别 | 各不相同 | 不等 | 两回事 | different | differ | difference | distinct | unequal | distinguish | various
share: 共用 | 共享 | 合用 | 公用 | 同用 | 通用 | 复用 | 共有 | 共同 | share | shared | common | reuse | in common | jointly
separate: 独立 | 分开 | 各自 | 单独 | 分离 | 各用 | 分别 | 拆开 | 拆分 | 解耦 | 隔离 | 互不 | separate | separately | own | independent | independently | individual | split | decouple | isolate | isolated | private | apart
all: 所有 | 全部 | 每个 | 全体 | 整个 | 任意 | 任何 | 一切 | 全都 | 各个 | 全 | all | every | each | entire | whole | any | always | everything | everyone | full
only: 只有 | 仅 | 仅仅 | 只是 | 只能 | 唯一 | 单一 | 单个 | only | solely | merely | single | just one | exclusively
some: 部分 | 有些 | 某些 | 一些 | 少数 | 个别 | 一部分 | part | partly | some | subset | partial | certain | portion
none: 全无 | 毫无 | 完全没有 | 一点没有 | none | nothing | zero
many: 多个 | 许多 | 很多 | 大量 | 众多 | 好几 | 若干 | 多种 | 不少 | many | multiple | several | numerous | various | lots of | lot of | plenty
before: 之前 | 以前 | 事先 | 提前 | 预先 | 先于 | 此前 | 先前 | before | prior | beforehand | previously | earlier | ahead of | previous | precede | advance
after: 之后 | 以后 | 随后 | 后来 | 接着 | 事后 | 此后 | 然后 | after | afterwards | later | subsequently | following | then | next | follow
first: 首先 | 第一 | 最先 | 起初 | 最初 | 一开始 | first | initially | initial | at first | originally
last: 最后 | 最终 | 末尾 | 终于 | last | final | finally | eventually | in the end | ultimately
start: 开始 | 启动 | 发起 | 起点 | 开头 | 起始 | start | begin | initiate | launch | open | trigger | commence
stop: 停止 | 结束 | 终止 | 截止 | 中止 | 停下 | 停 | stop | end | finish | terminate | halt | abort | quit | cease
add: 加上 | 添加 | 加入 | 增添 | 引入 | 附加 | 插入 | 相加 | 加起来 | 求和 | 加和 | add | append | insert | attach | plus | include | introduce | sum
remove: 删除 | 去掉 | 移除 | 去除 | 删掉 | 剔除 | 丢弃 | 丢掉 | 抛弃 | 舍弃 | 清除 | 消除 | 去 | remove | delete | drop | discard | throw away | eliminate | strip | erase | get rid of | evict | discarded
keep: 保持 | 保留 | 维持 | 留住 | 留下 | 不变 | 维护 | keep | retain | maintain | preserve | remain | stay | hold | unchanged | persist
change: 改变 | 变化 | 修改 | 更改 | 更新 | 调整 | 变动 | 改动 | 漂移 | 偏移 | change | modify | alter | update | adjust | vary | shift | drift | edit | mutate
store: 存储 | 保存 | 储存 | 存放 | 存下 | 缓存 | 记录 | 存 | store | save | hold | keep | persist | record | stored | cache
space: 显存 | 内存 | 存储空间 | 空间 | 占用 | memory | storage | space | disk | ram | footprint | room
read: 读取 | 读 | 访问 | 查看 | 取出 | 加载 | 载入 | read | fetch | load | access | retrieve | look at | get | view
write: 写入 | 写 | 写回 | 落盘 | write | put | insert into | persist
find: 查找 | 寻找 | 找到 | 搜索 | 检索 | 定位 | 查询 | 找出 | 发现 | find | look up | search | locate | lookup | seek | retrieve | discover | query | detect
send: 发送 | 传送 | 传输 | 传递 | 传给 | 发给 | 传播 | 搬 | 搬运 | 传 | send | transmit | transfer | pass | deliver | forward | move | propagate | ship | sends
receive: 接收 | 收到 | 得到 | 获得 | 获取 | 拿到 | receive | get | obtain | gain | accept | acquire | gets
compute: 计算 | 运算 | 求 | 算出 | 算 | 推导 | 算力 | 计算量 | flops | compute | calculate | computation | calculation | evaluate | work out
cost: 开销 | 成本 | 代价 | 花费 | 消耗 | 耗费 | 代价高 | cost | overhead | expense | price | penalty | bill | burden | spend | pay | consume
benefit: 好处 | 优点 | 优势 | 收益 | 益处 | 有利 | benefit | advantage | gain | pro | merit | profit | upside
drawback: 缺点 | 坏处 | 劣势 | 弊端 | 不足 | 不利 | 缺陷 | 局限 | disadvantage | drawback | downside | con | limitation | shortcoming | weakness | flaw
cause: 导致 | 造成 | 引起 | 使得 | 带来 | 引发 | 产生 | 促使 | cause | lead to | result in | produce | bring about | induce | make | give rise to | yield
because: 因为 | 由于 | 原因 | 源于 | 归因 | because | due to | owing to | reason | thanks to | stem from
avoid: 避免 | 防止 | 规避 | 杜绝 | 免得 | 阻止 | 以免 | 预防 | avoid | prevent | stop | protect against | guard against | keep from | block | forbid | prohibit
allow: 允许 | 可以 | 能够 | 支持 | 使能 | 便于 | 得以 | allow | enable | permit | let | support | can | able | possible | may
need: 需要 | 必须 | 要求 | 依赖 | 离不开 | 必要 | 必需 | 得先 | need | require | must | depend on | rely on | necessary | have to | requirement | demand
depend: 取决于 | 依赖 | 依据 | 依靠 | 根据 | 基于 | 由其决定 | 有关 | 相关 | 关联 | depend | rely | based on | according to | related | relate | correlate | dependency | determine
unrelated: 无关 | 不相关 | 不依赖 | 无依赖 | 没有关系 | 没关系 | 互不影响 | unrelated | independent | irrelevant | regardless | unaffected
affect: 影响 | 干扰 | 作用于 | 左右 | 牵扯 | affect | influence | impact | interfere | disturb | touch
effective: 有效 | 有用 | 管用 | 奏效 | 起作用 | 生效 | effective | useful | work | helpful | works | help
useless: 无效 | 没用 | 无用 | 没作用 | 不起作用 | 失效 | 浪费 | useless | ineffective | pointless | in vain | waste | wasted | wasteful | no use
learn: 学习 | 训练 | 学到 | 学会 | 拟合 | 优化参数 | learn | train | training | fit | trained
overfit: 过拟合 | 过度拟合 | 死记 | 背下来 | 记住训练集 | overfit | overfitting | memorize
generalize: 泛化 | 推广 | 外推 | 适应新 | generalize | generalization | extrapolate | generalise
input: 输入 | 喂入 | 喂进 | 送入 | input | feed | ingest
output: 输出 | 产出 | 吐出 | 给出 | 返回 | output | emit | return | produce | yield
predict: 预测 | 推断 | 估计 | 预估 | predict | prediction | forecast | estimate | infer | guess
generate: 生成 | 产生 | 造出 | 创建 | 构造 | 构建 | 建立 | 建 | 解码 | generate | create | build | construct | produce | make | form | establish | set up | decode
compare: 比较 | 对比 | 相比 | 比起 | 较之 | compare | comparison | compared | relative to | versus | than
choose: 选择 | 选取 | 挑选 | 选中 | 选 | 挑 | 抽取 | 采样 | choose | select | pick | selection | choice | elect | sample
limit: 限制 | 约束 | 上限 | 受限 | 瓶颈 | 局限 | limit | restrict | constrain | bound | cap | restriction | bottleneck | threshold | constraint
exceed: 超过 | 超出 | 大于 | 高于 | 多于 | 越过 | 溢出 | exceed | above | over | beyond | greater than | more than | surpass | overflow | past
below: 小于 | 低于 | 少于 | 不足 | 未达到 | below | under | less than | fewer than | fall short
balance: 平衡 | 权衡 | 折中 | 折衷 | 兼顾 | 取舍 | 中间 | 介于 | 之间 | balance | trade off | tradeoff | compromise | in between | middle | intermediate | between
group: 分组 | 一组 | 分成组 | 组内 | 几组 | 分批 | 分块 | 分段 | 切分 | 切块 | 划分 | group | batch | cluster | partition | chunk | divide | split | segment | bucket | block
merge: 合并 | 融合 | 拼接 | 拼起来 | 组合 | 结合 | 汇总 | 聚合 | 汇聚 | 整合 | merge | combine | join | fuse | concatenate | concat | aggregate | gather | union | together | put together
map: 映射 | 变换 | 转换 | 投影 | 转化 | 对应 | 变成 | 变为 | 成为 | 转成 | map | transform | convert | project | translate | translation | turn into | correspond | projection | mapping
repeat: 重复 | 多次 | 反复 | 再次 | 又一次 | 冗余 | 重新 | repeat | again | redundant | repeatedly | duplicate | twice | retry | redo | iterate | once more
once: 一次 | 单次 | 一遍 | 一次性 | 一步 | once | one time | single pass | one pass | in one go
lifo: lifo | last in first out | 后进先出 | 先进后出
fifo: fifo | first in first out | 先进先出 | 后进后出
parallel: 并行 | 同时 | 并发 | 一起 | 同步进行 | parallel | simultaneously | concurrent | concurrently | at the same time | at once | in parallel
serial: 串行 | 逐个 | 依次 | 顺序 | 一个一个 | 逐步 | 一步一步 | 逐一 | serial | sequential | sequentially | one by one | one at a time | in order | in sequence | one after another | order
wait: 等待 | 等 | 阻塞 | 排队 | 挂起 | wait | block | blocked | queue | pending | stall | hang | waits
fail: 失败 | 出错 | 崩溃 | 报错 | 错误 | 异常 | 故障 | 宕机 | 挂掉 | fail | failure | error | crash | exception | fault | break | mistake | go wrong | wrong
correct: 正确 | 准确 | 精确 | 对的 | 没错 | 精度 | 准确率 | correct | accurate | right | exact | precise | accuracy | valid | precision
succeed: 成功 | 顺利 | 达成 | 完成 | succeed | success | complete | achieve | accomplish | manage to
check: 检查 | 验证 | 校验 | 检测 | 核对 | 判断 | 测试 | check | verify | validate | test | inspect | confirm | examine | ensure
safe: 安全 | 可靠 | 保险 | 可信 | safe | secure | reliable | safety | trustworthy | dependable | security
danger: 危险 | 风险 | 隐患 | 不安全 | 漏洞 | danger | risk | unsafe | dangerous | insecure | vulnerable | hazard | threat
protect: 保护 | 防护 | 屏蔽 | 隔离 | 遮挡 | 遮住 | 掩盖 | 掩码 | protect | guard | shield | mask | isolate | protection | hide | conceal
ignore: 忽略 | 忽视 | 无视 | 不管 | 跳过 | 不考虑 | 不理 | 漏掉 | ignore | skip | neglect | disregard | overlook | omit | bypass
attend: 关注 | 注意 | 看到 | 看见 | 聚焦 | 集中 | 侧重 | 重视 | 看 | attend | focus | pay attention | see | look at | concentrate | emphasize
important: 重要 | 关键 | 核心 | 主要 | 最主要 | 首要 | 根本 | important | key | main | crucial | essential | critical | vital | major | primary | central | significant
minor: 次要 | 不重要 | 可忽略 | 微不足道 | 无足轻重 | minor | negligible | unimportant | insignificant | secondary
dominate: 主导 | 占主导 | 支配 | 压过 | 盖过 | 决定 | dominate | outweigh | prevail | overwhelm | dominant | control
relation: 关系 | 联系 | 关联 | 依赖关系 | 相关性 | relation | relationship | link | connection | association | correlation
express: 表达 | 表示 | 刻画 | 描述 | 体现 | 反映 | 表征 | 代表 | 建模 | 编码 | express | represent | describe | model | capture | reflect | representation | encode | denote | stand for
ability: 能力 | 容量 | 潜力 | 本领 | ability | capability | capacity | power | expressive
flexible: 灵活 | 自由度 | 弹性 | 可调 | flexible | flexibility | adaptable | elastic | freedom
information: 信息 | 内容 | 知识 | 资讯 | information | content | knowledge | info | details | signal
lose: 丢失 | 丢 | 损失 | 丧失 | 遗失 | 失去 | 没了 | 缺失 | 遗漏 | 消失 | lose | loss | missing | lost | vanish | disappear | gone | absent
meaning: 含义 | 意思 | 语义 | 意义 | 意味 | meaning | semantics | semantic | sense | mean | signify
similar: 几乎 | 相似 | 类似 | 接近 | 相近 | 像 | 差不多 | 近似 | 相仿 | similar | like | close | alike | resemble | approximate | approximately | near | roughly | almost | nearly | about
distance: 距离 | 间隔 | 远近 | 相隔 | distance | gap | apart | spacing
near: 附近 | 靠近 | 邻近 | 周围 | 相邻 | 临近 | 旁边 | 紧邻 | near | nearby | adjacent | neighbouring | neighboring | close to | neighbor | neighbour | next to | local
far: 远处 | 远 | 遥远 | 长距离 | 远距离 | 长程 | far | distant | remote | long range | long distance | away
local: 局部 | 本地 | 部分区域 | local | locally
global: 全局 | 整体 | 全面 | 总体 | 全貌 | global | globally | overall | whole
inside: 内部 | 里面 | 之内 | 以内 | 内层 | inside | within | internal | inner | interior
outside: 外部 | 外面 | 之外 | 以外 | 外层 | outside | external | outer | exterior
direct: 直接 | 径直 | direct | directly | straight | right to | immediate | immediately
indirect: 间接 | 绕路 | 中转 | indirect | indirectly | intermediary
static: 静态 | 固定 | 不动 | 恒定 | 写死 | 常数 | 固定死 | static | fixed | constant | frozen | hard coded | unchanging | immutable
dynamic: 动态 | 可变 | 随之变化 | 自适应 | 灵活变化 | dynamic | adaptive | varying | on the fly | mutable | changing
manual: 人工 | 手动 | 手工 | 人为 | manual | manually | by hand | hand written | human
automatic: 自动 | 自行 | 自己 | 自动化 | automatic | automatically | by itself | on its own | itself
explicit: 显式 | 明确 | 显性 | explicit | explicitly | stated
implicit: 隐式 | 隐含 | 暗含 | 隐性 | implicit | implicitly | hidden | implied
sparse: 稀疏 | 零散 | 少量非零 | sparse | sparsity
dense: 稠密 | 密集 | 紧密 | dense | dense
symmetric: 对称 | 双向相等 | symmetric | symmetrical | symmetry
asymmetric: 非对称 | 不对称 | 有方向 | 方向性 | asymmetric | directional | asymmetrical | directed
positive: 正数 | 正值 | 正的 | 正向 | positive
negative: 负数 | 负值 | 负的 | 负向 | negative
unbounded: 无限 | 无界 | 无穷 | 没有上限 | unbounded | infinite | infinity | unlimited | endless | limitless
bounded: 有限 | 有界 | 有上限 | bounded | finite | limited
random: 随机 | 乱 | 任取 | 偶然 | random | randomly | arbitrary | chance | stochastic
deterministic: 确定性 | 确定 | 固定结果 | deterministic | certain
ordered: 有序 | 排序 | 按顺序 | 排好序 | sorted | ordered | sort | in order | ordering
unordered: 无序 | 乱序 | 打乱 | 没有顺序 | unordered | unsorted | shuffled | out of order
unique: 唯一 | 不重复 | 独一无二 | unique | distinct | one of a kind
temporary: 临时 | 暂时 | 短暂 | 暂存 | temporary | temporarily | short lived | transient | briefly
permanent: 永久 | 持久 | 一直 | 长期 | 始终 | permanent | permanently | durable | persistent | forever | long lived | always
old: 旧 | 老 | 过时 | 早期 | 以往 | 陈旧 | 历史 | 过期 | old | stale | outdated | earlier | past | previous | expired | history | obsolete
new: 新 | 最新 | 新的 | 当前 | 新增 | new | latest | fresh | current | recent | newest
complete: 完整 | 完备 | 完全 | 彻底 | complete | completely | full | fully | entirely | thorough | totally
missing: 缺少 | 缺乏 | 缺失 | 欠缺 | 不够 | 不足 | missing | lack | lacking | insufficient | shortage | absent | not enough
enough: 足够 | 充分 | 够用 | 充足 | 够 | enough | sufficient | adequate | ample | plenty
excess: 过多 | 过度 | 多余 | 太多 | 过量 | 过于 | excess | excessive | too much | too many | surplus | overly | unnecessary
replace: 替换 | 代替 | 取代 | 换成 | 替代 | 换 | replace | substitute | swap | exchange | instead | swap out
copy: 复制 | 拷贝 | 副本 | 克隆 | copy | duplicate | replica | clone | replicate | replication
connect: 连接 | 相连 | 接入 | 连 | 接 | 链接 | connect | connection | link | attach | join | plug
disconnect: 断开 | 断连 | 切断 | disconnect | detach | cut off | unplug | close
belong: 属于 | 归于 | 归属 | 所属 | belong | owned | part of | member
contain: 包含 | 含有 | 包括 | 存有 | 带有 | 涵盖 | 具有 | 拥有 | contain | include | have | hold | comprise | consist of | carry | cover
consist: 组成 | 构成 | 由其组成 | consist | made up of | composed of | composition
structure: 结构 | 架构 | 构造 | 框架 | structure | architecture | layout | framework | organization
process: 过程 | 流程 | 步骤 | 环节 | 阶段 | process | procedure | step | stage | phase | pipeline | round
handle: 处理 | 应对 | 解决 | 对付 | handle | process | deal with | cope | solve | resolve | tackle | address | treat | fix
problem: 问题 | 难题 | 困扰 | 麻烦 | problem | issue | trouble | difficulty
goal: 目标 | 目的 | 为了 | 用于 | 用来 | 旨在 | goal | aim | objective | purpose | intended | in order to | so that | target
rule: 规则 | 规定 | 准则 | 约定 | rule | convention | guideline | policy | law | principle
prove: 证明 | 证实 | 实验表明 | 验证了 | 研究发现 | prove | demonstrate | show | evidence | proof
usually: 通常 | 一般 | 往往 | 大多 | 常常 | 经常 | 多数 | usually | typically | often | mostly | generally | most of the time | frequently | commonly | normally
rarely: 很少 | 偶尔 | 罕见 | 极少 | 少见 | rarely | seldom | occasionally | rare | uncommon | hardly ever | infrequent
frequent: 频繁 | 高频 | 常见 | 经常出现 | frequent | common | popular | hot | often
strong: 强 | 强大 | 强烈 | 牢固 | strong | powerful | robust | strength
weak: 弱 | 薄弱 | 微弱 | 脆弱 | weak | feeble | fragile
smooth: 平滑 | 光滑 | 平缓 | 顺滑 | 圆滑 | smooth | flat | smoother | gentle
steep: 陡峭 | 崎岖 | 尖锐 | 尖 | 陡 | steep | sharp | rugged | spiky | peaked | sharper
converge: 收敛 | 趋于 | 趋近 | 逼近 | converge | convergence | settle | approach | tend to
weight: 权重 | 系数 | 比重 | 占比 | 分量 | weight | coefficient | proportion | share of
ratio: 比例 | 比率 | 占比 | 比值 | 除以 | ratio | proportion | fraction | divided by | rate | percentage | per
multiply: 相乘 | 乘以 | 乘 | 乘法 | 乘积 | multiply | product | times | multiplication
dot product: 点积 | 点乘 | 内积 | dot product | inner product | scalar product
quadratic: 平方 | 二次 | 平方级 | n2 | quadratic | quadratically | squared | square
linear: 线性 | 成正比 | 正比 | 一次方 | 等比例 | linear | linearly | proportional | proportionally
constant time: o(1) | 常数时间 | 常数级 | constant time
average: 平均 | 均值 | 平均值 | 期望 | average | mean | expectation | expected value
variance: 方差 | 离散程度 | 波动 | variance | spread | deviation
sum: 总和 | 求和 | 之和 | 合计 | 总量 | 加总 | sum | total | in total | altogether | summation
number: 数量 | 个数 | 数目 | 多少 | 次数 | number | count | amount | how many | quantity
size: 大小 | 规模 | 尺寸 | 体积 | 长度 | 尺度 | size | scale | length | magnitude | volume | extent
dimension: 维度 | 维数 | 维 | 特征维 | dimension | dimensional | dimensionality
layer: 层 | 每层 | 各层 | layer | level | tier
position: 位置 | 地方 | 处 | 下标 | 索引位置 | 序号 | position | place | location | index | slot | spot | where
word: 词 | 单词 | 词语 | 字 | token | 标记 | 词元 | word | term
sentence: 句子 | 语句 | 一句话 | 文本 | 序列 | 上下文 | sentence | text | sequence | context | passage
sample: 样本 | 例子 | 样例 | 实例 | 示例 | 数据点 | sample | example | instance | data point | record | case
label: 标签 | 标注 | 标记 | 真值 | 答案 | label | annotation | ground truth | annotated | target
error: 误差 | 损失 | 偏差 | 残差 | loss | error | residual | bias
noise: 噪声 | 噪音 | 干扰 | 扰动 | noise | perturbation | disturbance | noisy
user: 用户 | 客户 | 客户端 | 使用者 | user | client | customer | caller | consumer
server: 服务器 | 服务端 | 后端 | 主机 | server | host | backend | machine | service
person: 人 | 人类 | 标注员 | 专家 | person | people | human | someone | somebody
program: 程序 | 应用 | 代码 | 软件 | 进程 | program | application | app | code | software | process
request: 请求 | 调用 | 询问 | 提问 | request | ask | call | query | demand | invoke
respond: 响应 | 回复 | 回答 | 返回 | 应答 | 确认 | respond | reply | answer | response | acknowledge | ack | acknowledgement | confirm
time: 时间 | 时长 | 耗时 | 延迟 | 时刻 | time | latency | duration | delay | period | moment
resource: 资源 | 硬件 | resource | hardware
hit: 命中 | 击中 | 匹配 | 符合 | 满足 | 吻合 | hit | match | satisfy | fit | meet | qualify | matching
conflict: 冲突 | 矛盾 | 碰撞 | 竞争 | 打架 | conflict | collision | contradict | clash | compete | contention | collide | race
lock: 锁 | 加锁 | 上锁 | 锁住 | 互斥 | lock | mutex | locked | exclusive | mutual exclusion
control: 控制 | 管理 | 调节 | 掌控 | 管 | control | manage | regulate | govern | handle | management
assign: 分配 | 分给 | 指派 | 赋值 | 赋予 | 分发 | assign | allocate | distribute | allot | give | hand out | set
distribution: 分布 | 概率分布 | distribution | spread | distributed
probability: 概率 | 几率 | 可能性 | 似然 | probability | likelihood | chance | odds | likely
evenly: 均匀 | 平均分配 | 平摊 | 分摊 | uniform | evenly | even | balanced | equally
update: 更新 | 刷新 | 同步 | 迭代 | update | refresh | sync | upgrade
freeze: 冻结 | 不训练 | 不更新 | 固定参数 | 锁定 | freeze | frozen | not trained | fixed weights | untouched
pretrain: 预训练 | 基座 | 底座 | pretrain | pretraining | base model | pretrained | pre train
finetune: 微调 | 精调 | fine tune | finetune | fine tuning | finetuning | tune
infer: 推理 | 预测阶段 | 部署时 | 上线 | inference | serving | deploy | at test time
test: 测试 | 评测 | 评估 | 验证集 | test | evaluate | evaluation | benchmark | assess
version: 版本 | 快照 | version | snapshot | revision
default: 默认 | 缺省 | default | by default
condition: 条件 | 前提 | 情形 | condition | prerequisite | precondition | situation
sequence: 先后 | 次序 | 顺序 | 排列 | order | ordering | sequence | arrangement | permutation
rank: 排名 | 排序 | 名次 | 优先级 | rank | ranking | priority | score | prioritize
hide: 隐藏 | 封装 | 藏 | 屏蔽 | hide | encapsulate | abstract | hidden | transparent | encapsulation
expose: 暴露 | 公开 | 可见 | 露出 | 看得到 | expose | visible | reveal | public | see | seen
invisible: 不可见 | 看不到 | 看不见 | 未提交 | invisible | unseen | not visible | uncommitted
own: 自身 | 自己 | 本身 | 自我 | itself | self | own | themselves | oneself
other: 其他 | 其它 | 别的 | 另外 | 别人 | 他人 | 另一个 | 对方 | 彼此 | 互相 | other | others | another | else | each other | one another | someone else | mutual
redundant: 冗余 | 多余 | 重复 | redundant | superfluous | needless
waste: 浪费 | 白白 | 空转 | waste | wasted | idle
recover: 恢复 | 还原 | 回滚 | 撤销 | 复原 | 重建 | recover | restore | roll back | rollback | undo | revert | rebuild | recovery
durable: 持久化 | 落盘 | 写入磁盘 | 不丢 | durable | persist | persisted | survive | durability
consistent: 一致 | 一致性 | 同步 | 对齐 | consistent | consistency | align | aligned | coherent | in sync | agree
inconsistent: 不一致 | 脱节 | 对不上 | 不匹配 | inconsistent | mismatch | out of sync | disagree | misaligned
stack: 堆叠 | 叠加 | 多层 | 级联 | stack | stacked | cascade | pile
deep: 深层 | 深 | 更深 | deep | deeper | depth
shallow: 浅层 | 浅 | 更浅 | shallow | shallower
bypass: 绕过 | 跳过 | 直连 | 捷径 | 短路 | bypass | skip | shortcut | circumvent | around
flow: 流动 | 流过 | 流经 | 传过 | 回传 | flow | pass through | travel | propagate
explode: 爆炸 | 暴涨 | 溢出 | 过大 | 指数增长 | explode | blow up | explosion | overflow | exponential | exponentially
nonlinear: 非线性 | 弯曲 | nonlinear | non linear | nonlinearity
saturate: 饱和 | 平坦区 | 梯度接近零 | saturate | saturated | saturation | flat region
focus: 集中 | 聚焦 | 专注 | 侧重 | 偏向 | 倾向 | focus | concentrate | bias toward | prefer | favour | favor | tend | skew
diverse: 多样 | 丰富 | 多样性 | 多元 | 各种 | diverse | diversity | variety | rich | varied
human preference: 偏好 | 喜好 | 人类反馈 | preference | human feedback | prefer
reward: 奖励 | 打分 | 得分 | 评分 | 分数 | reward | score | scoring | rating | grade
penalty: 惩罚 | 约束项 | 正则 | 限制 | penalty | penalize | punish | regularize | regularization
role: 角色 | 作用 | 职责 | 功能 | 用途 | role | function | responsibility | job | purpose | use
ready: 准备 | 预备 | 就绪 | ready | prepare | prepared
owner: 所有者 | 持有 | 拥有 | owner | own | hold | possess
"""


def _words_of_concept(concept: str) -> str:
    """The words of one concept of the list above."""
    return next(
        line.partition(": ")[2] for line in CONCEPTS.splitlines() if line.startswith(f"{concept}: ")
    )


# Concepts that exclude each other when said of the same thing.
OPPOSITES = """
up / down
lifo / fifo
fast / slow
good / bad
stable / unstable
easy / hard
same / different
share / separate
all / only
all / some
all / none
before / after
first / last
start / stop
add / remove
keep / change
keep / remove
keep / lose
avoid / cause
benefit / drawback
effective / useless
depend / unrelated
parallel / serial
safe / danger
correct / fail
succeed / fail
local / global
inside / outside
direct / indirect
static / dynamic
manual / automatic
explicit / implicit
sparse / dense
symmetric / asymmetric
positive / negative
bounded / unbounded
random / deterministic
ordered / unordered
temporary / permanent
old / new
exceed / below
ignore / attend
ignore / keep
important / minor
usually / rarely
frequent / rarely
strong / weak
smooth / steep
connect / disconnect
consistent / inconsistent
near / far
input / output
read / write
hide / expose
invisible / expose
own / other
deep / shallow
missing / enough
user / server
overfit / generalize
linear / quadratic
linear / nonlinear
many / only
once / repeat
send / receive
merge / separate
allow / avoid
"""

# Exceptions of the concepts: longer words that contain one of their terms.
CONCEPT_EXCEPTIONS = """
大小 | 多少 | 高低 | 长短 | 快慢 | 大模型 | 大语言模型 | 多头 | 多层 | 至少 | 至多 | 大家 | 好像 | 最好 | 正好 | 只好 | 好几 | 难怪 | 高斯 | 差异 | 差别 | 误差 | 残差 | 方差 | 偏差 | 弱点 | 强化学习 | 强调 | 慢慢 | 快照 | 全连接 | 安全
省略 | 掉点 | 等于 | 等价 | 平等 | 相等 | 等等 | 对等 | 高等 | 深度学习 | 深度 | 新闻 | 求解 | 要求 | 请求 | 需求 | 梯度下降 | 随机梯度下降 | 上下文 | 人工智能 | 机器学习
as well | well known | large language model | machine learning | deep learning | at least | at most | more or less | more than one | gradient descent | long term | short term
"""

# Numbers in words, from two up. "One" is left out: it is as good as an article.
NUMBER_WORDS = (
    "二 两 two",
    "三 three",
    "四 four",
    "五 five",
    "六 six",
    "七 seven",
    "八 eight",
    "九 nine",
    "十 ten",
)

# Words for up and down. They are those of the concepts above, and single characters within the
# frames that give them that meaning: 越大, 大一些.
UP_CHARACTERS, DOWN_CHARACTERS = "大多高长升增涨强", "小少低短减降弱"


def _in_frames(characters: str) -> str:
    frames = (
        "越{}",
        "更{}",
        "很{}",
        "太{}",
        "较{}",
        "变{}",
        "偏{}",
        "调{}",
        "取{}",
        "就{}",
        "也{}",
        "{}了",
        "{}一点",
        "{}一些",
        "{}些",
        "{}的时候",
    )
    return " | ".join(frame.format(character) for character in characters for frame in frames)


RISING_WORDS = " | ".join(
    (_in_frames(UP_CHARACTERS), _words_of_concept("up"), _words_of_concept("fast"), "go up")
)
FALLING_WORDS = " | ".join(
    (_in_frames(DOWN_CHARACTERS), _words_of_concept("down"), _words_of_concept("slow"), "down")
)
DIRECTION_EXCEPTIONS = """
最大 | 最小 | 最多 | 最少 | 最高 | 最低 | 最长 | 最短 | 最强 | 最快 | 最慢 | 多了解 | 大多数 | 最大值 | 最小值 | 最大化 | 最小化 | 最大似然 | 最小二乘 | 数据增强 | 强相关 | 大量 | 少量 | 增强学习 | 缓解 | 减轻 | 省 | 节省 | 节约 | 压缩 | 放大 | 扩大 | 缩放 | 高效 | 不少 | 很多 | 膨胀
slow down | break down | step down | down projection | down project | shut down | top down | save | long context | short context | low rank | high rank | high frequency | low frequency | small batch | large batch | few shot | great
long sequence | short sequence | high precision | low precision | double precision | small model | large model | cut off | drop out | cheap | expensive | costly | at least | at most | one more | once more | any more | no more | no longer
"""
