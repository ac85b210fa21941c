import msgspec
import pytest

from bench.app.bases import BasesInEngine
from bench.app.session import refuse_other_bases, refuse_other_engine, refuse_other_machine
from bench.errors import UsageError
from bench.model.run import EngineKind
from tests.builders import make_base, make_engine, make_run


@pytest.mark.parametrize(
    ("field", "other"),
    [("server_version", "29.0.1"), ("buildx_version", "v0.30.0"), ("storage_driver", "btrfs"), ("cpus", 64)],
)
def test_a_run_is_not_finished_on_another_engine(field: str, other: object) -> None:
    begun = make_engine()
    with pytest.raises(UsageError, match=f"{field} was {getattr(begun, field)}, is {other}") as caught:
        refuse_other_engine(begun, msgspec.structs.replace(begun, **{field: other}))
    assert "start a new run" in (caught.value.remedy or "")


def test_a_private_engine_may_have_a_new_name_and_the_users_may_not() -> None:
    private = make_engine(kind=EngineKind.PRIVATE, name="private-1")
    refuse_other_engine(private, msgspec.structs.replace(private, name="private-2"))
    host = make_engine(kind=EngineKind.HOST, name="here")
    with pytest.raises(UsageError, match="name was here, is there"):
        refuse_other_engine(host, msgspec.structs.replace(host, name="there"))


def test_a_run_is_not_finished_on_another_machine() -> None:
    begun = make_run().machine
    refuse_other_machine(begun, msgspec.structs.replace(begun, kernel="7.0"))
    with pytest.raises(UsageError, match=r"hostname was .*, is elsewhere"):
        refuse_other_machine(begun, msgspec.structs.replace(begun, hostname="elsewhere"))


def test_a_run_is_not_finished_on_other_bases() -> None:
    base = make_base()
    run = make_run(bases=(base,))
    refuse_other_bases(run, BasesInEngine(prepared=(base,), unavailable=(), created_refs=()))
    other = msgspec.structs.replace(base, digest="sha256:" + "00" * 32)
    with pytest.raises(UsageError, match=r"the base debian-12 was sha256:ab.* and is sha256:00"):
        refuse_other_bases(run, BasesInEngine(prepared=(other,), unavailable=(), created_refs=()))
    with pytest.raises(UsageError, match="and is gone"):
        refuse_other_bases(run, BasesInEngine(prepared=(), unavailable=(), created_refs=()))
