#!/usr/bin/env python3
"""Tests of the Python module: answers are those of the command, errors are exceptions, frames have their columns.

Usage: module_test.py SOURCE_DIR, with the module on PYTHONPATH.
"""
import doctest
import pathlib
import subprocess
import sys
import unittest

import berth as bt

ROOT = pathlib.Path(sys.argv[1]).resolve()
NPU_BANDWIDTH = "hardware.devices.npu.dma.bandwidth"


class ScenarioTest(unittest.TestCase):
    def test_the_reference_case(self):
        scenario = bt.Scenario("rag-rk3588")
        self.assertEqual(scenario.run().stages["rerank"].chosen, "cpu")
        scenario.stages.rerank.buckets = [128, 512]
        result = scenario.run()
        self.assertEqual(result.stages.rerank.chosen, "npu")
        self.assertLess(result.total.latency_ms, result.total.budget_ms)
        self.assertEqual(result.changes[0].path, "stages.rerank.buckets")
        self.assertEqual(result.command, "berth run rag-rk3588 --set 'stages.rerank.buckets=[128, 512]'")

    def test_a_number_is_set_by_attribute_and_moves_the_answer(self):
        scenario = bt.Scenario("rag-rk3588", {"stages.rerank.on": "npu"})
        before = scenario.run().total.latency_ms
        scenario.hardware.devices.npu.dma.bandwidth = "3 GB/s"
        self.assertEqual(scenario.settings[NPU_BANDWIDTH], "3 GB/s")
        self.assertIn("3 GB/s", str(scenario.hardware.devices.npu.dma.bandwidth))
        self.assertGreater(scenario.run().total.latency_ms, before)

    def test_names_that_are_no_identifiers_stand_in_brackets(self):
        scenario = bt.Scenario("rag-rk3588")
        before = scenario.run().total.latency_ms
        scenario.models["ms-marco-MiniLM-L-12-v2"].sizes.layers = 6
        self.assertLess(scenario.run().total.latency_ms, before)

    def test_a_file_is_a_scenario(self):
        scenario = bt.Scenario(ROOT / "scenarios" / "rag-rk3588.yaml")
        self.assertEqual(scenario.run().stages["rerank"].chosen, "cpu")

    def test_a_copy_changes_by_itself(self):
        scenario = bt.Scenario("rag-rk3588")
        other = scenario.copy()
        other.budget = "100 ms"
        self.assertEqual(scenario.settings, {})
        self.assertEqual(other.run().total.budget_ms, 100)

    def test_completion_sees_what_there_is(self):
        scenario = bt.Scenario("rag-rk3588")
        self.assertIn("npu", dir(scenario.hardware.devices))
        self.assertIn(NPU_BANDWIDTH, scenario.numbers())
        self.assertIn("rag-rk3588", bt.scenarios())
        self.assertIn("rk3588-rknn-2.3.2", bt.hardware())
        self.assertTrue(bt.models())


class ErrorTest(unittest.TestCase):
    def refused(self, action, text):
        with self.assertRaises(bt.InputError) as raised:
            action()
        self.assertIn(text, str(raised.exception))

    def test_errors_have_the_text_of_the_command(self):
        self.refused(lambda: bt.Scenario("rag-rk3589"), "did you mean rag-rk3588")
        scenario = bt.Scenario("rag-rk3588")
        self.refused(lambda: scenario.set("hardware.devices.npu.dma.bandwidht", "1 GB/s"), "did you mean bandwidth")
        self.refused(lambda: scenario.set(NPU_BANDWIDTH, "1 ms"), "a bandwidth such as")
        self.refused(lambda: scenario.hardware.devices.nope.value, "nothing stands there")
        self.refused(lambda: scenario.compare(["rk3589"]), "rk3589")
        self.refused(lambda: scenario.sweep({"stages.rerank.tokens": "1:2:0"}), "stages.rerank.tokens")
        self.assertEqual(scenario.settings, {})  # what was refused is not kept

    def test_values_have_a_form(self):
        with self.assertRaises(TypeError):
            bt.Scenario("rag-rk3588").set("budget", object())
        with self.assertRaises(AttributeError):
            _ = bt.Scenario("rag-rk3588").run().no_such_value


class AnalysisTest(unittest.TestCase):
    def test_a_sweep_is_the_same_on_any_number_of_threads(self):
        scenario = bt.Scenario("rag-rk3588")
        one = scenario.sweep({"stages.rerank.tokens": "64:256:64"}, threads=1)
        self.assertEqual(one, scenario.sweep({"stages.rerank.tokens": [64, 128, 192, 256]}, threads=3))
        self.assertEqual([point["stages.rerank.tokens"] for point in one.points], [64, 128, 192, 256])

    def test_chips_are_compared(self):
        chips = ["rk3588-rknn-2.3.2", "rk3576-rknn-2.3.2"]
        comparison = bt.Scenario("rag-rk3588").compare(chips)
        self.assertEqual(list(comparison.chips), chips)
        self.assertEqual(comparison.best, min(chips, key=lambda chip: comparison.chips[chip].latency_ms))

    def test_steps_of_a_difference_add_up(self):
        before, after = bt.Scenario("rag-rk3588"), bt.Scenario("rag-rk3588-bucket-128")
        diff = before.diff(after)
        whole = sum(step.change_ms for step in diff.steps)
        self.assertAlmostEqual(whole, after.run().total.latency_ms - before.run().total.latency_ms, delta=0.01)

    def test_frames(self):
        scenario = bt.Scenario("rag-rk3588")
        result = scenario.run()
        placements = result.frame()
        self.assertEqual(list(placements[placements.chosen & (placements.stage == "rerank")].placement), ["cpu"])
        self.assertGreater(len(result.operators()), 100)
        self.assertEqual(len(scenario.sweep({"stages.rerank.tokens": "64:256:64"}).frame()), 4)
        self.assertEqual(len(scenario.compare(["rk3588-rknn-2.3.2"]).frame()), 1)
        self.assertIn("change_ms", scenario.diff(bt.Scenario("rag-rk3588-bucket-128")).frame().columns)

    def test_pandas_is_imported_only_for_frames(self):
        script = "import sys, berth; berth.Scenario('rag-rk3588').run(); sys.exit('pandas' in sys.modules)"
        self.assertEqual(subprocess.run([sys.executable, "-c", script], check=False).returncode, 0)

    def test_docstrings_tell_the_truth(self):
        self.assertEqual(doctest.testmod(bt).failed, 0)

    def test_the_example_of_the_readme_runs(self):
        example = subprocess.run([sys.executable, str(ROOT / "python" / "examples" / "reference_case.py")], text=True, capture_output=True,
                                 check=False)
        self.assertEqual(example.returncode, 0, example.stderr)
        self.assertTrue(example.stdout.startswith("npu "), example.stdout)

    def test_everything_public_has_a_docstring(self):
        public = [getattr(bt, name) for name in bt.__all__]
        public += [member for one in public if isinstance(one, type) and one.__module__ == "berth"
                   for name, member in vars(one).items() if not name.startswith("_") and callable(member)]
        self.assertEqual([one for one in public if one is not bt.InputError and not one.__doc__], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
