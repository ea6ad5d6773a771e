"""Files open as a user would open them: h5py, h5dump, silx (its default plot), pandas; every unit is one that udunits knows.

    files_test.py RUN.h5... CAMPAIGN_DIRECTORY     these files
    files_test.py --samples PROGRAM                files that PROGRAM (store_samples_test) makes
    files_test.py                                  that, with the program in $JOULERIG_SAMPLES or the newest build*/
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy
import pandas

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUNS = []
CAMPAIGN = None
PACK = None
SUMMARY = """run slot attempt repetition block order workload point arm phase status reason checksum exit_code signal start_time start
    stop u_start u_stop duration_s wall_gross_J wall_gross_U_J wall_net_J wall_net_U_J wall_caused_J wall_caused_U_J wall_tail_J
    wall_power_W rapl_gross_J rapl_gross_U_J rapl_net_J rapl_net_U_J rapl_fraction gate_failed cpu_s peak_rss_B peak_vms_B
    overhead_cpu_s simulated""".split()


def text(value):
    """A fixed-length HDF5 string as str; h5py gives bytes for some of them."""
    return value.decode() if isinstance(value, bytes) else str(value)


def crc32c(data):
    """Bit by bit, on purpose no library's."""
    table = [0] * 256
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
        table[i] = c
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def datasets(file):
    """[(path, dataset)] of one file, external links not followed."""
    found = []
    file.visititems(lambda path, item: found.append((path, item)) if isinstance(item, h5py.Dataset) else None)
    return found


def stored(dataset):
    """A dataset's bytes as they are in the file."""
    offset, size = dataset.id.get_offset(), dataset.id.get_storage_size()
    if offset is None:
        return b""
    with open(dataset.file.filename, "rb") as raw:
        raw.seek(offset)
        return raw.read(size)


class EveryFile(unittest.TestCase):
    def paths(self):
        return RUNS + [os.path.join(CAMPAIGN, "campaign.h5")] + ([PACK] if PACK else [])

    def test_h5dump_knows_it(self):
        for path in self.paths():
            done = subprocess.run(["h5dump", "-H", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)
            self.assertIn('GROUP "entry"', done.stdout)

    def test_checksums_are_of_the_bytes(self):
        for path in self.paths():
            with h5py.File(path, "r") as file:
                for name, dataset in datasets(file):
                    if dataset.nbytes < 200_000:
                        self.assertEqual(int(dataset.attrs["crc32c"]), crc32c(stored(dataset)), f"{path}: {name}")

    def test_nothing_needs_more_than_plain_hdf5(self):
        for path in self.paths():
            with h5py.File(path, "r") as file:
                for name, dataset in datasets(file):
                    self.assertIsNone(dataset.chunks, name)
                    self.assertIsNone(h5py.check_vlen_dtype(dataset.dtype), name)
                    self.assertNotEqual(dataset.dtype.byteorder, ">", name)

    def test_the_layout_names_itself(self):
        for path in self.paths():
            with h5py.File(path, "r") as file:
                kind = "pack" if path == PACK else "campaign" if path.endswith("campaign.h5") else "run"
                self.assertEqual(text(file.attrs["layout"]), f"joulerig {kind}")
                self.assertEqual(int(file.attrs["layout_version"]), 1)
                self.assertEqual(text(file.attrs["NX_class"]), "NXroot")
                self.assertEqual(text(file["entry"].attrs["NX_class"]), "NXentry")

    @unittest.skipUnless(shutil.which("udunits2"), "udunits2 is not installed (udunits-bin)")
    def test_udunits_knows_every_unit(self):
        units = set()
        for path in self.paths():
            with h5py.File(path, "r") as file:
                for _, dataset in datasets(file):
                    if "units" in dataset.attrs:
                        units.add(text(dataset.attrs["units"]))
                    units.update(text(unit) for unit in dataset.attrs.get("column_units", []))
        units.discard("")  # a text, a number of something
        self.assertIn("J", units)
        self.assertIn("ns", units)
        for unit in units:
            done = subprocess.run(["udunits2", "-H", unit, "-W", unit], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.returncode, 0, f"{unit}: {done.stdout}")
            self.assertNotIn("Don't recognize", done.stdout)


class Run(unittest.TestCase):
    def test_default_plot_is_power_over_time(self):
        for path in RUNS:
            with h5py.File(path, "r") as file:
                entry = file[text(file.attrs["default"])]
                data = entry[text(entry.attrs["default"])]
                signal = data[text(data.attrs["signal"])]
                (axis,) = data.attrs["axes"]
                self.assertEqual(text(data.attrs["NX_class"]), "NXdata")
                self.assertEqual(signal.shape, data[text(axis)].shape)
                self.assertEqual(data[text(axis)].attrs["units"].decode(), "s")
                self.assertGreater(signal.shape[0], 1)
                raw = file[text(data.attrs["view_of"])]
                if "n" not in raw and int(data.attrs["view_stride"]) == 1:
                    good = raw["flags"][:] & 7 == 0
                    shown = raw["value"][:] * raw["value"].attrs["scale"] + raw["value"].attrs["offset"]
                    if text(data.attrs["signal"]) == "power":
                        numpy.testing.assert_array_equal(signal[:][good], shown[good])
                        self.assertTrue(numpy.isnan(signal[:][~good]).all())

    def test_silx_finds_the_plot(self):
        try:
            import silx.io
            from silx.io import nxdata
        except ImportError:
            self.skipTest("silx is not installed (python3-silx)")
        for path in RUNS + [os.path.join(CAMPAIGN, "campaign.h5")] + ([PACK] if PACK else []):
            with silx.io.open(path) as file:
                default = nxdata.get_default(file, validate=True)
                self.assertIsNotNone(default, path)
                self.assertTrue(default.is_curve, path)
                self.assertEqual(len(default.axes), 1)
                self.assertEqual(default.signal.shape, default.axes[0].shape)
                if path not in RUNS:
                    self.assertIsNotNone(default.errors)

    def test_columns_of_a_channel_belong_together(self):
        for path in RUNS:
            with h5py.File(path, "r") as file:
                for device in file["entry/instrument"].values():
                    for log in device.values():
                        if text(log.attrs.get("NX_class", b"")) != "NXlog":
                            continue
                        n = log["t"].shape
                        self.assertTrue(all(log[column].shape == n for column in ("u_t", "flags", "seq")))
                        values = log["n"][:].sum() if text(log.attrs["axis"]) == "affine" else n[0]
                        self.assertEqual(log["value"].shape, (values,))
                        self.assertTrue((numpy.diff(log["t"][:]) >= 0).all())

    def test_simulated_says_so_everywhere(self):
        for path in RUNS:
            with h5py.File(path, "r") as file:
                devices = [d for d in file["entry/instrument"].values() if "edges" not in d]
                simulated = [bool(d.attrs.get("simulated", 0)) for d in devices]
                self.assertEqual(any(simulated), bool(file.attrs.get("simulated", 0)), path)
                self.assertEqual(any(simulated), text(file["entry/title"][()]).startswith("SIMULATED"), path)


class Campaign(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(CAMPAIGN, "campaign.h5")

    def test_pandas_reads_the_summary_in_one_line(self):
        frame = pandas.DataFrame(h5py.File(self.path)["summary"][:])
        self.assertEqual(list(frame.columns), SUMMARY)
        self.assertGreater(len(frame), 0)
        self.assertEqual(frame.wall_gross_J.dtype, numpy.float64)
        self.assertTrue(frame.arm.str.decode("utf-8").str.len().gt(0).all())
        self.assertTrue(frame.start_time.str.decode("utf-8").str.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$|$").all())

    def test_every_column_has_its_unit(self):
        with h5py.File(self.path, "r") as file:
            for name in ("summary", "results/runs", "results/sources", "results/terms"):
                table = file[name]
                self.assertEqual(len(table.attrs["column_units"]), len(table.dtype.names))
            units = dict(zip(file["summary"].dtype.names, map(text, file["summary"].attrs["column_units"])))
            self.assertEqual((units["wall_gross_J"], units["duration_s"], units["wall_power_W"], units["arm"]), ("J", "s", "W", ""))

    def test_links_lead_to_the_runs(self):
        with h5py.File(self.path, "r") as file:
            self.assertGreater(len(file["runs"]), 0)
            for number, row in zip(sorted(file["runs"]), sorted(set(file["summary"]["run"]))):
                self.assertEqual(number, f"{row:06}")
                link = file["runs"].get(number, getlink=True)
                self.assertEqual((link.filename, link.path), (f"runs/{number}.h5", "/entry"))
                self.assertIn("instrument", file["runs"][number])

    def test_links_hold_when_the_directory_moves(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            moved = shutil.copytree(CAMPAIGN, os.path.join(elsewhere, "moved"), ignore=shutil.ignore_patterns("*.sock"))
            with h5py.File(os.path.join(moved, "campaign.h5"), "r") as file:
                for run in file["runs"].values():
                    self.assertTrue(run.file.filename.startswith(moved))


@unittest.skipIf("--samples" not in sys.argv and len(sys.argv) > 1, "no packed file was named")
class Pack(unittest.TestCase):
    def test_it_reads_as_the_campaign_does(self):
        ours = pandas.DataFrame(h5py.File(PACK, "r")["summary"][:])
        pandas.testing.assert_frame_equal(ours, pandas.DataFrame(h5py.File(os.path.join(CAMPAIGN, "campaign.h5"), "r")["summary"][:]))

    def test_it_needs_no_other_file(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            alone = shutil.copy(PACK, elsewhere)
            with h5py.File(alone, "r") as file, h5py.File(os.path.join(CAMPAIGN, "campaign.h5"), "r") as campaign:
                self.assertEqual(sorted(file["runs"]), sorted(campaign["runs"]))
                for number, run in file["runs"].items():
                    self.assertEqual(run.file.filename, alone)
                    self.assertEqual(datasets_of(run), datasets_of(campaign["runs"][number]))

    def test_each_run_has_its_plot(self):
        with h5py.File(PACK, "r") as file:
            for run in file["runs"].values():
                data = run[text(run.attrs["default"])]
                self.assertEqual(text(run.attrs["NX_class"]), "NXentry")
                self.assertGreater(data[text(data.attrs["signal"])].shape[0], 1)


def datasets_of(group):
    """{path: (type, bytes, attributes)}"""
    found = {}
    group.visititems(lambda path, item: found.update({path: (item.dtype, item[()].tobytes(), sorted(item.attrs))})
                     if isinstance(item, h5py.Dataset) and item.shape != () else None)
    return found


def find_program():
    program = os.environ.get("JOULERIG_SAMPLES")
    built = glob.glob(f"{ROOT}/build*/tests/store_samples_test")
    return program or (max(built, key=os.path.getmtime) if built else sys.exit("no store_samples_test found: build first, or see --help"))


def main(arguments):
    global RUNS, CAMPAIGN, PACK
    if "--help" in arguments:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="joulerig-files-") as directory:
        if not arguments or arguments[0] == "--samples":
            program = arguments[1] if arguments else find_program()
            subprocess.run([program, directory], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            arguments = sorted(glob.glob(f"{directory}/runs/*.h5")) + [directory]
            PACK = f"{directory}/packed.h5"
        *RUNS, CAMPAIGN = arguments
        result = unittest.main(argv=sys.argv[:1], exit=False).result
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
