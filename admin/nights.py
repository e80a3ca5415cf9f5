"""The night's job runs and who is alive to run them."""

from admin.members import SYSTEM
from admin.screens import Screen, Words
from tables.nights import Heartbeat, JobRun
from tables.restores import Restoration

JOBS = {
    "mature": Words("积分生效", "Points become good"),
    "expire": Words("积分到期", "Points expire"),
    "tiers": Words("等级升降", "Tiers"),
    "stats": Words("消费统计", "Totals"),
    "tags": Words("规则标签", "Rule tags"),
    "segments": Words("人群", "Segments"),
    "notices": Words("通知", "Notices"),
    "journeys": Words("自动关怀", "Journeys"),
    "sweep": Words("清理过期短信", "Late messages"),
    "check": Words("核对", "Check"),
}
STATES = {
    "running": Words("进行中", "Running"),
    "done": Words("完成", "Done"),
    "failed": Words("失败", "Failed"),
}
PROCESSES = {
    "worker": Words("任务进程", "Worker"),
    "clock": Words("定时进程", "Clock"),
    "web": Words("网页进程", "Web"),
}

SCREENS = (
    Screen(
        table=JobRun,
        name=Words("夜间任务", "Job runs"),
        group=SYSTEM,
        columns={
            "business_date": Words("营业日", "Business date"),
            "job": Words("任务", "Job"),
            "state": Words("状态", "State"),
            "started_at": Words("开始时间", "Started at"),
            "finished_at": Words("结束时间", "Finished at"),
            "counts": Words("数量", "Counts"),
            "error": Words("错误", "Error"),
        },
        shown=("business_date", "job", "state", "started_at", "finished_at", "error"),
        filters=("business_date", "job", "state"),
        choices={"job": JOBS, "state": STATES},
        hints={
            "business_date": Words("结清的是哪一天", "The day that it closes"),
            "error": Words("失败的一步修复后由下一次启动接着做", "A failed step is resumed by the next start"),
        },
        link="business_date",
        readable="'#' || t.id",
        read_only=True,
    ),
    Screen(
        table=Heartbeat,
        name=Words("运行状况", "Heartbeats"),
        group=SYSTEM,
        columns={"process": Words("进程", "Process"), "at": Words("最近活动", "Last seen")},
        shown=("at", "process"),
        choices={"process": PROCESSES},
        order="process",
        link="at",
        readable="t.process",
        help=Words("后台进程最近一次报到", "When each process last said that it lives"),
        read_only=True,
    ),
    Screen(
        table=Restoration,
        name=Words("备份恢复", "Restores"),
        group=SYSTEM,
        columns={
            "restored_at": Words("恢复时间", "Restored at"),
            "backup_at": Words("备份时间", "Backup of"),
            "business_date": Words("营业日", "Business date"),
            "released_at": Words("放行时间", "Released at"),
            "released_by": Words("放行人", "Released by"),
        },
        shown=("restored_at", "backup_at", "released_at", "released_by"),
        hints={
            "business_date": Words("此前各日不再发通知", "Days before it are told of no more"),
            "released_at": Words("为空时任何短信都不会发出", "While it is empty no message leaves"),
        },
        link="restored_at",
        readable="'#' || t.id",
        help=Words("从备份恢复的记录，以及谁放行了短信", "What was restored, and who let messages leave again"),
        read_only=True,
    ),
)
