from pathlib import Path

from bench.ports.machine import describe_machine


def test_the_processor_is_named_as_the_kernel_names_it(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Imaginary 9000\nmodel name\t: Imaginary 9000\n")
    machine = describe_machine(tmp_path)
    assert machine.cpu_model == "Imaginary 9000"
    assert machine.memory_bytes > 2**20
    assert machine.cpus >= 1


def test_a_kernel_that_tells_no_name_gives_the_architecture(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nBogoMIPS\t: 50.00\n")
    assert describe_machine(tmp_path).cpu_model in {"x86_64", "aarch64", "arm64"}
