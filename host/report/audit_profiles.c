/*
 * The rules. What they ask is said in our own words; `source` is where the words are that count. Numbers of sections are those of
 *
 *   EE HPC WG     Energy Efficient High Performance Computing Power Measurement Methodology, version 2.0, as its source stands in
 *                 github.com/EEHPCWG/PowerMeasurementMethodology (text/reporting.tex, text/checklist.tex); "3.0": its working copy, where it differs
 *   SPEC          SPECpower_ssj2008 Run and Reporting Rules, spec.org/power/docs/SPECpower_ssj2008-Run_Reporting_Rules.html
 *   MLPerf        MLPerf Inference Power Measurement Rules, github.com/mlcommons/inference_policies (power_measurement.adoc), and
 *                 the checker that its submissions must pass, github.com/mlcommons/power-dev (compliance/check.py)
 */
#include "audit_checks.h"

#define RULES(array) .rules = (array), .n_rules = sizeof(array) / sizeof *(array)

#define EEHPC "EE HPC WG methodology "
#define SPEC "SPECpower_ssj2008 run rules "
#define MLPERF "MLPerf power measurement rules, "
#define CHECKER "MLPerf power-dev, compliance/check.py"

#define NAMED(from) { .id = "instrument-named", .asks = "The instrument's model and serial number are recorded", .source = from, \
		      .power = audit_named, .instrument = true }
#define AT_WALL(from) { .id = "at-the-wall", .asks = "Power is measured upstream of the power conversion: at the wall", .source = from, \
			.run = audit_at_wall, .instrument = true }
#define GROSS(from) { .id = "nothing-subtracted", .asks = "What was measured stands as it is: nothing is subtracted", .source = from, \
		      .power = audit_gross }
#define AVERAGED(from) { .id = "averaged-readings", .asks = "Readings are averages or integrals, not point samples of the power", .source = from, \
			 .power = audit_averaged, .instrument = true }
#define COMPLETE(from) { .id = "no-missing-readings", .asks = "No reading of the core phase is missing, in error or left out", .source = from, \
			 .power = audit_complete }
#define VALID(from) { .id = "valid-runs", .asks = "Every run that counts is a valid one, and none is missing", .source = from, .all = audit_valid }
#define IDLE(from) { .id = "idle-power", .asks = "Idle power was measured", .source = from, .all = audit_idle }
#define RATE(from) { .id = "reading-rate", .asks = "At least one reading a second is recorded", .source = from, .power = audit_rate, .limit = 1, \
		     .instrument = true }
#define SAME_RUN(from) { .id = "same-run", .asks = "Performance and power are of the same run", .source = from, .all = audit_same_run }
#define FIXED(from) { .id = "fixed-ranges", .asks = "The instrument's ranges are fixed and recorded; it does not change them by itself", \
		      .source = from, .power = audit_fixed_ranges, .instrument = true }

/* Levels 1 and 2 */
#define SAMPLED { .id = "sampling", .asks = "The instrument samples the power at least once a second", .source = EEHPC "2.0, 3.1.2", \
		  .power = audit_sampling, .limit = 1, .instrument = true }
#define SHARE { .id = "reading-length", .asks = "No reading is longer than a tenth of the core phase", .source = EEHPC "3.0", .power = audit_share, \
		.limit = 0.1 }
#define COVERED(from) { .id = "core-phase-covered", .asks = "Readings that lie wholly inside the core phase cover it, from end to end", \
			.source = from, .power = audit_covered }
#define MINUTE(from) { .id = "core-phase-minute", .asks = "The core phase lasts at least one minute", .source = from, .run = audit_core_length, \
		       .limit = 60 }
#define ACCURACY(percent, fraction) { .id = "meter-accuracy", .asks = "The meter's documented errors, added up, are at most " percent, \
				      .source = EEHPC "2.0, 3.1.1", .run = audit_accuracy, .limit = fraction, .instrument = true }
/* Levels 2 and 3 */
#define WHOLE { .id = "whole-run", .asks = "The average power of the whole run is known beside that of the core phase", \
		.source = EEHPC "2.0, 3.3, aspect 1c", .run = audit_whole_run }

static const struct audit_rule level_1[] = {
	NAMED(EEHPC "2.0, checklist: measuring devices"),
	AT_WALL(EEHPC "2.0, aspect 4a"),
	ACCURACY("5 %", 0.05),
	AVERAGED(EEHPC "2.0, 3.1.3"),
	SAMPLED,
	SHARE,
	MINUTE(EEHPC "2.0, aspect 1b, level 1"),
	COVERED(EEHPC "2.0, 3.1.3"),
	COMPLETE(EEHPC "2.0, 3.1.3: all readings of the period are used"),
	GROSS(EEHPC "2.0, aspect 3"),
	VALID(EEHPC "2.0, 3.3: of the run that is submitted"),
};

static const struct audit_rule level_2[] = {
	NAMED(EEHPC "2.0, checklist: measuring devices"),
	AT_WALL(EEHPC "2.0, aspect 4a"),
	ACCURACY("2 %", 0.02),
	AVERAGED(EEHPC "2.0, 3.1.3"),
	SAMPLED,
	SHARE,
	MINUTE(EEHPC "2.0, 3.1.3: the core phase is measured as for level 1"),
	COVERED(EEHPC "2.0, 3.1.3"),
	{ .id = "ten-averages", .asks = "At least ten averages lie inside the core phase", .source = EEHPC "2.0, aspect 1c, level 2",
	  .power = audit_averages, .limit = 10, .instrument = true },
	{ .id = "contiguous-averages", .asks = "Averages are of equal length and follow each other without a pause", .source = EEHPC "2.0, 3.1.3",
	  .power = audit_contiguous, .instrument = true },
	COMPLETE(EEHPC "2.0, 3.1.3: all readings of the period are used"),
	WHOLE,
	IDLE(EEHPC "2.0, aspect 1c; checklist: idle power"),
	GROSS(EEHPC "2.0, aspect 3"),
	VALID(EEHPC "2.0, 3.3: of the run that is submitted"),
};

static const struct audit_rule level_3[] = {
	NAMED(EEHPC "2.0, checklist: measuring devices"),
	AT_WALL(EEHPC "2.0, aspect 4a"),
	{ .id = "meter-accuracy", .asks = "The meter's documented errors, added up, are at most 1 %", .source = EEHPC "2.0, 3.1.1",
	  .run = audit_accuracy_energy, .limit = 0.01, .instrument = true },
	{ .id = "integrated-energy", .asks = "The instrument integrates the energy itself, without a break",
	  .source = EEHPC "2.0, aspect 1a, level 3", .energy = audit_integrated, .instrument = true },
	{ .id = "ten-energies", .asks = "At least ten readings of the energy lie in the core phase", .source = EEHPC "2.0, aspect 1c, level 3",
	  .energy = audit_energy_readings, .limit = 10, .instrument = true },
	{ .id = "core-phase-uncovered", .asks = "At most 10 s of the core phase are not covered by its first and last energy, 5 s at each end",
	  .source = EEHPC "3.0 (2.0: 1 s at each end)", .energy = audit_energy_covered, .limit = 10, .instrument = true },
	COMPLETE(EEHPC "2.0, 3.1.3"),
	WHOLE,
	IDLE(EEHPC "2.0, aspect 1c; checklist: idle power"),
	GROSS(EEHPC "2.0, aspect 3"),
	VALID(EEHPC "2.0, 3.3: of the run that is submitted"),
};

static const struct audit_rule spec[] = {
	NAMED(SPEC "3.3: disclosure of the analyzer"),
	AT_WALL(SPEC "2.8, 2.13.1"),
	{ .id = "overall-uncertainty",
	  .asks = "All uncertainties specified for the instrument, added up, are at most 1 % at each measured point, idle included",
	  .source = SPEC "2.13.2, accuracy", .run = audit_uncertainty, .limit = 0.01, .instrument = true },
	{ .id = "electrical-quantities", .asks = "Watts are recorded, and at least one of volts, amperes and power factor",
	  .source = SPEC "2.13.2, measurements", .power = audit_quantities, .instrument = true },
	AVERAGED(SPEC "2.13.2, measurements and logging"),
	RATE(SPEC "2.13.2, logging"),
	FIXED(SPEC "2.13.2: auto-ranging is discouraged"),
	{ .id = "within-range", .asks = "No reading and no peak is beyond the instrument's range (its crest factor is at least 3)",
	  .source = SPEC "2.13.2, crest factor", .power = audit_headroom, .instrument = true },
	{ .id = "calibrated", .asks = "The instrument was calibrated within the year before the run", .source = SPEC "2.13.2, calibration",
	  .power = audit_calibrated, .limit = 365, .instrument = true },
	{ .id = "certificate",
	  .asks = "A numbered certificate of this very instrument, by which its calibration can be traced to a national standard",
	  .source = SPEC "2.13.2, calibration", .power = audit_certificate, .instrument = true },
	{ .id = "ambient-recorded", .asks = "The temperature of the air that the machine takes in is recorded four times a minute or more",
	  .source = SPEC "2.13.3", .run = audit_ambient, .limit = 15 },
	{ .id = "ambient-temperature", .asks = "That air is never colder than 20 °C", .source = SPEC "2.9", .run = audit_ambient_least, .limit = 20 },
	IDLE(SPEC "2.3.2.1: active idle"),
	COMPLETE(SPEC "2.5.2: validity checks"),
	SAME_RUN(SPEC "2.1"),
	GROSS(SPEC "2.11: of the whole system under test"),
	VALID(SPEC "2.5.2: validity checks"),
};

static const struct audit_rule mlperf[] = {
	NAMED(MLPERF "power analyzer settings: the table of analyzers"),
	{ .id = "supported-analyzer", .asks = "The instrument is one of the analyzers that are supported",
	  .source = MLPERF "power analyzer support; " CHECKER, .power = audit_supported, .instrument = true },
	AT_WALL(MLPERF "power delivery for measurements"),
	{ .id = "ac-mains", .asks = "It is the alternating current of the mains that is measured", .source = MLPERF "power delivery for measurements",
	  .power = audit_mains, .instrument = true },
	{ .id = "sample-uncertainty", .asks = "No sample of the core phase has an uncertainty of more than 1 %",
	  .source = CHECKER " (errors and warnings of the log)", .run = audit_sample_uncertainty, .limit = 0.01, .instrument = true },
	AVERAGED(CHECKER " (PTDaemon's samples are averages)"),
	RATE(CHECKER " (one sample a second is asked for)"),
	FIXED(CHECKER " (ranges are set before the measurement)"),
	{ .id = "ranging-run", .asks = "The power is not below 95 % of that of a ranging run before", .source = CHECKER " (later versions)",
	  .run = audit_ranging, .limit = 0.95 },
	{ .id = "clock-skew", .asks = "The meter's times and the machine's differ by at most 800 ms",
	  .source = CHECKER " (phases; its tolerance was 200 ms, then 500 ms, then 800 ms)", .power = audit_skew, .limit = 0.8, .instrument = true },
	{ .id = "clock-ntp", .asks = "The clocks are kept in step with a time server", .source = MLPERF "definitions: NTP", .run = audit_ntp },
	COMPLETE(CHECKER " (errors and warnings of the log)"),
	SAME_RUN(MLPERF "power and performance reporting"),
	GROSS(MLPERF "system should be consistent"),
	VALID(MLPERF "replicability"),
};

#define MACHINE_FRACTION \
	"which part of a larger machine was measured and what was extrapolated (aspects 2 and 3), losses between the meter and the machine"

const struct audit_profile audit_profiles[] = {
	{ "green500-l1", "like Green500 level 1 (EE HPC WG methodology)", RULES(level_1), MACHINE_FRACTION },
	{ "green500-l2", "like Green500 level 2 (EE HPC WG methodology)", RULES(level_2), MACHINE_FRACTION },
	{ "green500-l3", "like Green500 level 3 (EE HPC WG methodology)", RULES(level_3),
	  MACHINE_FRACTION "; that the instrument samples its input 100 or 120 times a second" },
	{ "spec-like", "like SPECpower_ssj2008", RULES(spec),
	  "the benchmark itself and its load levels, whether the instrument and the sensor are accepted devices, where the sensor stands and how "
	  "well it measures, the line voltage, the air flow, whether the certificate's laboratory is accredited" },
	{ "mlperf-like", "like MLPerf Power (inference)", RULES(mlperf),
	  "the benchmark itself, PTDaemon and its version, checksums of scripts and logs, power management, what the machine is described as" },
	{ .name = NULL },
};
