"""What the database refused, said so that people understand it. No sentence repeats a value: it may be a phone."""

import re
from collections.abc import Callable, Mapping

import asyncpg

from admin.registry import SCREENS
from admin.screens import Words
from admin.violations_sending import SENDING
from admin.violations_stock import from_detail, stock_words
from rules.refusals import Refusal

NO_PLACE = Words(
    "该会员没有同意记录位置信息：请先询问，并用“会员授权”表单登记同意，再填写经纬度。",
    "This member has not agreed to their place being kept: ask them, write their yes down with the form “Record a consent”, then the place.",
)
# By the name of the constraint or unique index; the others are put together from table and columns.
_CONSTRAINTS = {
    "store_code_key": Words("门店编码已存在：请换一个。", "Another store has this code: choose another."),
    "store_kind": Words("请从列表中选择门店类型。", "Choose the kind of store from the list."),
    "store_place": Words(
        "纬度（-90 到 90）和经度（-180 到 180）须同时填写或同时留空。",
        "Write latitude (-90 to 90) and longitude (-180 to 180) both, or neither.",
    ),
    "staff_role": Words("没有这个角色：请从列表中选择。", "There is no such role: choose one of the list."),
    "staff_username_key": Words("用户名已被使用：请换一个。", "The username is taken: choose another."),
    "staff_email_key": Words("另一位员工已使用该邮箱。", "Another staff member has this email."),
    "unique_staff_store": Words("该员工已属于这家门店。", "This staff member belongs to this store already."),
    "tier_rank_key": Words("已有这一级别的等级：请换一个级别。", "There is a tier of this rank: choose another."),
    "tier_name_key": Words("等级名称已存在：请换一个。", "Another tier has this name: choose another."),
    "tier_sane": Words(
        "级别从 1 开始；第 1 级消费额为 0；积分倍数须大于 0。",
        "Ranks start at 1, rank 1 costs nothing, the multiplier is above 0.",
    ),
    "member_phone_key": Words("该手机号已是会员：请按手机号查找。", "There is a member with this phone: look it up."),
    "member_phone": Words("手机号须为完整的国际格式。", "The phone must be complete, in international form."),
    "member_phone_status": Words("请从列表中选择号码状态。", "Choose the phone's status from the list."),
    "member_erased": Words("已注销的会员不能再有手机号。", "An erased member has no phone."),
    "member_merged": Words("已合并的会员不能再有手机号，也不能并入自己。", "A merged member has no phone, nor merges with itself."),
    "consent_purpose": Words("请从列表中选择授权用途。", "Choose the purpose from the list."),
    "consent_told": Words("同意须注明会员看到的条款版本。", "A yes needs the version of the text that the member saw."),
    "tag_purpose": Words("请从列表中选择标签所需的授权。", "Choose what the tag needs a yes to from the list."),
    "tag_agreed": Words(
        "这个标签需要会员单独同意：请先询问，并用“会员授权”表单登记同意。",
        "This tag needs a yes of the member's own: ask them, and write it down with the form “Record a consent”.",
    ),
    "place_agreed": NO_PLACE,
    "points_policy_one_row": Words("积分规则只有一行：请修改已有的那一行。", "There is one points policy: change that one."),
    "points_policy_sane": Words(
        "积分规则前后矛盾：请检查有效期、冻结天数和提醒设置。",
        "The points policy contradicts itself: look at validity, hold and reminders.",
    ),
    "points_policy_spending": Words(
        "起兑积分、步长须不小于 1，每积分抵现须大于 0，其余不小于 0。",
        "Least number and step are 1 or more, a point's worth is above 0, the others are not below 0.",
    ),
    "points_promotion_sane": Words(
        "倍数须大于 0，结束日期不早于开始日期。", "The multiplier is above 0, the end is not before the start."
    ),
    "points_promotion_weekdays": Words("星期须为 1（周一）到 7（周日）。", "Weekdays go from 1, Monday, to 7, Sunday."),
    "reward_store_stock": Words("门店剩余数量不能小于 0。", "The stock of a store is not below 0."),
    "unique_place": Words(
        "该兑换项在这家门店已有一行：请修改那一行。", "The reward has a row for this store: change that row."
    ),
    "member_referred_by_an_older_one": Words("推荐人须先于本人入会。", "Who brought somebody was a member before."),
    "reward_name_key": Words("兑换项名称已存在：请换一个。", "Another reward has this name: choose another."),
    "reward_sane": Words(
        "所需积分须大于 0，库存不小于 0，抵现类须填写面值。",
        "Points are above 0, the stock is not below 0, a cash reward needs its value.",
    ),
    "tag_name_key": Words("标签名称已存在：请换一个。", "Another tag has this name: choose another."),
    "unique_member_tag": Words("该会员已有这个标签。", "The member has this tag already."),
    "tier_grant_dates": Words("结束日期不能早于开始日期。", "The end is not before the start."),
    "category_name_key": Words("品类名称已存在：请换一个。", "Another category has this name: choose another."),
    "product_sku_key": Words("商品编码已存在：请换一个。", "Another product has this code: choose another."),
    "unique_stock": Words("该门店已有这件商品的库存：请修改那一行。", "The store has stock of this product: change that row."),
    "chain_one_row": Words("连锁只有一行：请修改已有的那一行。", "There is one chain: change that row."),
    "chain_log_in": Words(
        "闲置时间须为 1 到 168 小时，登录最长 1 到 30 天。", "Idle time is 1 to 168 hours, a log-in lasts 1 to 30 days."
    ),
    "chain_exports": Words("导出行数不能小于 0；留空表示不限。", "Rows are not below 0; empty means any number."),
    "template_name_key": Words("模板名称已存在：请换一个。", "Another template has this name: choose another."),
    "template_of_kind": Words(
        "这种通知已有模板：请修改那一个。", "There is a template for this kind of notice: change that one."
    ),
    "api_key_name_key": Words("已有同名的密钥：请换一个名称。", "Another key has this name: choose another."),
    "api_key_hash_key": Words("密钥已存在：请再试一次。", "There is such a key: try again."),
    "webhook_name_key": Words("已有同名的事件推送：请换一个名称。", "Another webhook has this name: choose another."),
    "webhook_sane": Words("请填写 http(s) 地址并至少选择一种事件。", "Write an http(s) address and choose at least one event."),
    "template_sane": Words("请从列表中选择短信类别和通知类型。", "Choose class and kind from the list."),
    **SENDING,
}  # fmt: skip


def table_words(*, name: str) -> Words:
    """What a table is called on the screen."""
    return SCREENS[name].name if name in SCREENS else Words(name, name)


def column_words(*, table: str, column: str) -> Words:
    """What a column is called on the screen."""
    plain = Words(column, column)
    return SCREENS[table].columns.get(column, plain) if table in SCREENS else plain


def _privilege(error: asyncpg.PostgresError) -> Refusal:
    if error.detail == "over_limit":
        return Refusal("over_limit", "That is more than you may adjust at once.", "超过了您一次可调整的上限。")
    if error.detail == "too_many":
        return Refusal(
            "too_many",
            "You have asked for too many numbers that nobody has: wait a day, or ask headquarters.",
            "您查询无人使用的号码次数过多：请一天后再试，或联系总部。",
        )
    if "row-level security" in str(error):
        return Refusal(
            "not_allowed", "This concerns a store that is not yours.", "无权操作：涉及您所属门店以外的数据。"
        )
    return Refusal("not_allowed", "Your role may not do this.", "无权操作：您的角色不能执行此操作。")


def _unique(error: asyncpg.PostgresError) -> Refusal:
    columns = re.match(r"Key \(([^=]+)\)=", error.detail or "")
    names = [
        column_words(table=error.table_name or "", column=name.strip())
        for name in (columns[1] if columns else "").split(",")
    ]
    zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
    return Refusal("taken", f"There is a row with the same {en} already.", f"已有“{zh}”相同的记录。")


def _reference(error: asyncpg.PostgresError) -> Refusal:
    if error.constraint_name is None:
        # Not a key but the trigger that keeps history.
        return Refusal("append_only", "History can be added to, never changed.", "历史记录只能新增，不能修改或删除。")
    other = table_words(name=error.table_name or "")
    if "insert or update" in str(error):
        return Refusal(
            "unknown_reference",
            "What was chosen is not there any more: choose again.",
            "所选的内容已不存在：请重新选择。",
        )
    return Refusal("in_use", f"It cannot be deleted: {other.en} use it.", f"“{other.zh}”中还在使用它，不能删除。")


def _missing(error: asyncpg.PostgresError) -> Refusal:
    column = column_words(table=error.table_name or "", column=error.column_name or "")
    return Refusal("missing", f"{column.en} is missing: fill it in.", f"“{column.zh}”不能为空。")


def _too_long(error: asyncpg.PostgresError) -> Refusal:
    most = re.search(r"\((\d+)\)", str(error))
    zh, en = (f"最多 {most[1]} 个字", f"at most {most[1]} characters") if most else ("请缩短", "shorten it")
    return Refusal("too_long", f"A text is too long: {en}.", f"文字太长：{zh}。")


def _same(refusal: Refusal) -> Callable[[asyncpg.PostgresError], Refusal]:
    return lambda _: refusal


_UNREADABLE = Refusal("bad_value", "A value cannot be read: correct it.", "内容无法识别：请更正。")
_BUSY = Refusal("unavailable", "Somebody else is busy with it: try again.", "其他人正在操作：请再试一次。")
_CHECK = Refusal(
    "bad_value", "The values do not fit together: look at them again.", "填写的内容前后矛盾：请检查后再保存。"
)
_READERS: tuple[tuple[tuple[type[asyncpg.PostgresError], ...], Callable[[asyncpg.PostgresError], Refusal]], ...] = (
    ((asyncpg.InsufficientPrivilegeError,), _privilege),
    ((asyncpg.UniqueViolationError,), _unique),
    ((asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError), _reference),
    ((asyncpg.NotNullViolationError,), _missing),
    ((asyncpg.CheckViolationError,), _same(_CHECK)),
    ((asyncpg.StringDataRightTruncationError,), _too_long),
    (
        (asyncpg.NumericValueOutOfRangeError,),
        _same(Refusal("bad_value", "A number is too big or too small.", "数字太大或太小。")),
    ),
    ((asyncpg.DataError,), _same(_UNREADABLE)),
    ((asyncpg.DeadlockDetectedError, asyncpg.SerializationError), _same(_BUSY)),
    ((asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, asyncpg.ReadOnlySQLTransactionError), _same(_BUSY)),
)  # fmt: skip
_INTERNAL = Refusal("internal", "Something went wrong at our end: try again.", "系统出错：请再试一次。")


def sentence(*, error: asyncpg.PostgresError | asyncpg.InterfaceError) -> Refusal:
    """The refusal that tells people what the database, or its driver on the way, did not accept."""
    if isinstance(error, asyncpg.InterfaceError):
        return _UNREADABLE if isinstance(error, ValueError) else _INTERNAL
    if isinstance(error, asyncpg.IntegrityConstraintViolationError) and error.constraint_name in _CONSTRAINTS:
        words = _CONSTRAINTS[error.constraint_name]
        code = "taken" if isinstance(error, asyncpg.UniqueViolationError) else "bad_value"
        return Refusal(code, words.en, words.zh)
    return next((read(error) for kinds, read in _READERS if isinstance(error, kinds)), _INTERNAL)


def _from_message(message: str) -> Refusal:
    """The stock panel keeps of an error its message alone; which one it was is told by the names in it."""
    found = re.search(r'constraint "([^"]+)"', message)
    kinds: Mapping[str, type[asyncpg.PostgresError]] = {
        "unique constraint": asyncpg.UniqueViolationError,
        "foreign key constraint": asyncpg.ForeignKeyViolationError,
        "not-null constraint": asyncpg.NotNullViolationError,
        "append-only": asyncpg.RestrictViolationError,
    }
    error = next((kind for words, kind in kinds.items() if words in message), asyncpg.CheckViolationError)(message)
    error.constraint_name = found[1] if found else None
    table = re.findall(r'(?:on table|of relation) "([^"]+)"', message)
    column = re.search(r'column "([^"]+)"', message)
    error.table_name, error.column_name, error.detail = (table or [None])[-1], column[1] if column else None, None
    return sentence(error=error)


def from_words(*, status: int, content: Mapping[str, object]) -> Refusal:
    """The refusal behind an error of the stock panel, from its JSON (a plain text comes as `detail`)."""
    if isinstance(content.get("db_error"), str):
        return _from_message(str(content["db_error"]))
    return from_detail(content.get("detail")) or stock_words(status=status, content=content)
