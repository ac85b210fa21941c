"""Several revisions of a scenario as one campaign: which variants there are, what each is built from."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.app.asked import AskedRevision
from bench.app.revisions import revise
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.model.plan import CANARY
from bench.model.scenario import State
from bench.model.trial import TrialStatus
from bench.ports.scenario_files import load_scenario
from bench.pure.planning import Selection, make_plan
from bench.pure.summary import summarise
from tests.app.rig import AXES, BASE, DOCKERFILES, MERGED, SPLIT, Rig
from tests.builders import make_variants


def asked(folder: Path, name: str, *, shapes: tuple[str, ...] = ("split", "merged"), text: str = "") -> AskedRevision:
    home = folder / name / "toy"
    (home / "context").mkdir(parents=True)
    (home / "context" / "a").write_text(name)
    (home / "Dockerfile.j2").write_text(f"FROM scratch\nCOPY a /a\n# {name} {{{{ shape }}}}\n{text}")
    levels = ", ".join(f'"{shape}"' for shape in shapes)
    (home / "scenario.toml").write_text(f'title = "A toy"\n[axes]\nshape = [{levels}]\n')
    scenario = load_scenario(f"{home}/", folders=(), known_bases=())
    return AskedRevision(name=name, commit="c" * 40, scenario=scenario)


def revised(*revisions: AskedRevision, **levels: tuple[str, ...]) -> Mapping[str, str]:
    return revise(revisions, Selection(levels=levels), {}, BuilderKind.BUILDKIT).dockerfiles


def test_each_variant_is_built_from_each_revisions_own_template(tmp_path: Path) -> None:
    texts = revised(asked(tmp_path, "main"), asked(tmp_path, "topic"))
    assert list(texts) == ["split-main", "split-topic", "merged-main", "merged-topic"]
    assert "# main split" in texts["split-main"]
    assert "# topic merged" in texts["merged-topic"]


def test_variants_that_one_revision_lacks_are_left_out_and_told(tmp_path: Path) -> None:
    both = (asked(tmp_path, "main", shapes=("split",)), asked(tmp_path, "topic", shapes=("split", "merged")))
    found = revise(both, Selection(), {}, BuilderKind.BUILDKIT)
    assert [variant.id for variant in found.variants] == ["split-main", "split-topic"]
    assert found.left_out == ("merged",)


def test_revisions_with_nothing_in_common_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no variant is in all of the revisions"):
        revised(asked(tmp_path, "main", shapes=("split",)), asked(tmp_path, "topic", shapes=("merged",)))


def test_twins_stand_side_by_side_and_each_goes_first_in_some_rounds(tmp_path: Path) -> None:
    found = revise((asked(tmp_path, "main"), asked(tmp_path, "topic")), Selection(), {}, BuilderKind.BUILDKIT)
    plan = make_plan("toy", found.variants, [State.COLD], 20, seed=1)
    rounds = [[one.variant for one in plan.trials if one.round == number] for number in range(1, 21)]
    for order in rounds:
        assert {name.partition("-")[0] for name in order[:2]} in ({"split"}, {"merged"})
    assert {order[0].partition("-")[2] for order in rounds} == {"main", "topic"}


def test_a_trial_is_built_from_the_context_of_its_revision(tmp_path: Path) -> None:
    rig = Rig(tmp_path, axes={"base": ("debian-12",), "rev": ("main", "topic")})
    rig.dockerfiles = dict.fromkeys(("debian-12-main", "debian-12-topic"), DOCKERFILES[MERGED])
    builder = rig.go()
    built = {(request.dockerfile.parent.name, request.context.parent.name) for request in builder.requests}
    assert built == {("debian-12-main", "of-main"), ("debian-12-topic", "of-topic")}
    assert {trial.status for trial in rig.trials()} == {TrialStatus.VALID}


def test_the_canary_is_built_once_a_round_and_is_in_no_table(tmp_path: Path) -> None:
    plan = make_plan("quick", make_variants(AXES), [State.COLD, State.WARM], 3, seed=1, canary=True)
    rig = Rig(tmp_path, plan=plan)
    rig.dockerfiles[CANARY] = f"FROM {BASE}\nRUN count\n"
    rig.go()
    canaries = [trial for trial in rig.trials() if trial.variant == CANARY]
    assert [(trial.round, trial.state, trial.status) for trial in canaries] == [
        (number, State.COLD, TrialStatus.VALID) for number in (1, 2, 3)
    ]
    summary = summarise(rig.run, rig.trials())
    assert {row.variant for row in summary.rows} == {SPLIT, MERGED}
