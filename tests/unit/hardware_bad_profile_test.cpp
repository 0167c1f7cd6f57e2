// Every error in a profile is reported at its location, with the valid alternatives.
#include <gtest/gtest.h>

#include <ostream>

#include "hardware_fixtures.h"

namespace berth {
namespace {

/// An overriding value, and the full text of the expected error.
struct BadValue {
    const char* name;
    std::string path;
    std::string value;
    std::string complaints;
    friend void PrintTo(const BadValue& bad, std::ostream* out) { *out << bad.path << " = " << bad.value; }
};

class HardwareBadValue : public testing::TestWithParam<BadValue> {};

TEST_P(HardwareBadValue, IsReported) {
    const BadValue& bad = GetParam();
    const ProfileReading reading = read_board({{bad.path, bad.value}});
    EXPECT_EQ(reading.complaints, bad.complaints);
    EXPECT_FALSE(reading.profile.has_value()) << "never half a profile";
}

// The location of an override is its own text.
std::string at_set(const std::string& path, const std::string& complaint, int column = 1) {
    return "--set hardware." + path + ":1:" + std::to_string(column) + ": error: " + complaint + "\n";
}

BadValue bad_value(const char* name, const std::string& path, const std::string& value, const std::string& complaint) {
    return {name, path, value, at_set(path, complaint)};
}

const std::string kNpuPath = "devices.npu.";
const std::string kRules = "devices.npu.runtime.operators.";

INSTANTIATE_TEST_SUITE_P(
    Numbers, HardwareBadValue,
    testing::Values(
        bad_value("ZeroClock", kNpuPath + "clock", "0 Hz", "'0 Hz' is zero (expected more than zero)"),
        bad_value("WrongDimension", kNpuPath + "clock", "1 GB/s",
                  "GB/s is a bandwidth, not a frequency (expected a frequency such as 1 GHz)"),
        bad_value("ZeroAlignment", kNpuPath + "matrix.align.k", "0",
                  "0 is out of range (expected a whole number from 1 to 1000000)"),
        bad_value("EfficiencyAboveOne", kNpuPath + "matrix.efficiency", "120%",
                  "120% is more than everything (expected a share above 0 and up to 100%)"),
        bad_value("NegativeOverlap", kNpuPath + "overlap", "-0.5", "'-0.5' is negative (expected more than zero)"),
        bad_value("OverlapAboveOne", kNpuPath + "overlap", "1.01",
                  "101% is more than everything (expected a share above 0 and up to 100%)"),
        bad_value("BandwidthPerDevice", kNpuPath + "dma.bandwidth", "8 GB/s per device",
                  "this is a rate per core, not per device"),
        bad_value("LimitBelowOneCore", kNpuPath + "dma.limit", "4 GB/s",
                  "4 GB/s is less than one core of 'npu' draws (expected at least 8 GB/s; --set "
                  "'hardware.devices.npu.dma.bandwidth=4 GB/s' allows it)"),
        bad_value("LimitAboveTheBus", kNpuPath + "dma.limit", "31 GB/s",
                  "31 GB/s is more than the bus carries (expected at most the bandwidth of 30 "
                  "GB/s; --set "
                  "'hardware.memory.dram.bandwidth=31 GB/s' allows it)"),
        bad_value("SpreadTooLarge", kNpuPath + "dma.setup", "1 us ± 400%",
                  "the spread 400% is too large (expected at most 300%)"),
        bad_value("MemoryBelowOneTile", kNpuPath + "memories.sram.capacity", "1 KiB",
                  // (1 x 32 + 32 x 32) x 2 B = 2112 B
                  "1 KiB cannot hold one tile of 1 x 32 x 32 in fp16 (expected at least 2.112 kB, or a "
                  "smaller devices.npu.matrix.align)"),
        bad_value("TailWithoutLanes", kNpuPath + "vector.norm.tail_cycles", "8",
                  "has no meaning without how many elements a vector holds (expected 'lanes' beside the classes, such "
                  "as 16)"),
        bad_value("ZeroVectorRate", kNpuPath + "vector.norm.per_cycle", "0", "'0' is zero (expected more than zero)"),
        bad_value("CountAsAPercentage", kNpuPath + "vector.norm.per_cycle", "200%",
                  "'200%' has a unit, and this is a count (expected a number without a unit, or a share of another "
                  "number, such as 50% of PATH)"),
        bad_value("UnalignedCheaper", kNpuPath + "attention.unaligned", "0.5",
                  "0.5 is less than 1 (expected a factor of 1 or more)"),
        bad_value("MoreDefaultCoresThanCores", kNpuPath + "runtime.default_cores", "4",
                  "4 cores are more than there are (expected at most 3, more 'cores' of devices.npu, or 'all')"),
        bad_value("NegativeCrossing", "links.0.per_crossing", "-1 us", "'-1 us' is negative (expected zero or more)"),
        bad_value("SustainedAboveBus", "memory.dram.sustained", "40 GB/s",
                  "40 GB/s is more than the bus carries (expected at most the bandwidth of 30 GB/s; --set "
                  "'hardware.memory.dram.bandwidth=40 GB/s' allows it)"),
        bad_value("EnergyOfTheWrongKind", kNpuPath + "energy.per_mac.int8", "1 pJ/B",
                  "pJ/B is an energy per byte, not an energy per operation (expected an energy per operation such as "
                  "0.5 pJ/MAC)")),
    [](const auto& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Words, HardwareBadValue,
    testing::Values(
        bad_value("UnknownKind", kNpuPath + "kind", "tpu",
                  "unknown value 'tpu' (expected cpu, npu, gpu or dsp, did you mean cpu?)"),
        bad_value("UnknownShare", kNpuPath + "memories.sram.per", "tile",
                  "unknown value 'tile' (expected core, cluster or device)"),
        bad_value("UnknownShapes", kNpuPath + "runtime.shapes", "fixed",
                  "unknown value 'fixed' (expected static or dynamic)"),
        bad_value("NoDtypes", kNpuPath + "runtime.dtypes", "[]", "the list is empty (expected at least one dtype)"),
        bad_value("UnknownHost", "host", "npuu", "no device 'npuu' (expected npu or cpu, did you mean npu?)"),
        bad_value("ClockTwice", "devices.cpu.clock", "1 GHz",
                  "stands at the device and in 'clusters' (expected one of the two)"),
        bad_value("NoClusters", "devices.cpu.clusters", "[]", "the list is empty (expected at least one cluster)"),
        bad_value("SelfLink", "links.0.between", "[cpu, cpu]",
                  "a device needs no link to itself (expected two different devices)"),
        bad_value("LinkOfThree", "links.0.between", "[cpu, npu, npu]",
                  "3 devices are given (expected two device names)"),
        BadValue{"LinkToNobody", "links.0.between", "[cpu, gpu]",
                 at_set("links.0.between",
                        "links.0.between.1: no device 'gpu' (expected npu or cpu, did you mean npu?)", 7)},
        BadValue{"UnknownKey", kNpuPath + "dma.seutp", "1 us",
                 at_set(kNpuPath + "dma.seutp", "unknown key 'seutp' in 'devices.npu.dma' (did you mean setup?)")},
        BadValue{"UnknownDtype", kNpuPath + "matrix.macs_per_cycle.int3", "4",
                 at_set(kNpuPath + "matrix.macs_per_cycle.int3",
                        "unknown key 'int3' in 'devices.npu.matrix.macs_per_cycle' (did you mean int8?)")},
        BadValue{"UnknownPath", "nonsense.x", "1",
                 "--set hardware.nonsense.x: error: the document has no key 'nonsense' (expected profile, description, "
                 "memory, "
                 "host, devices or links)\n"},
        BadValue{"SameClusterTwice", "devices.cpu.clusters.little.name", "big",
                 "board.yaml:49:7: error: devices.cpu.clusters: two clusters are named 'big'\n"},
        BadValue{"HostDisabled", "devices.cpu.enabled", "false",
                 "board.yaml:4:7: error: host: the host 'cpu' is disabled (expected a host that is there)\n"},
        BadValue{"NoLinkToTheHost", "links", "[]",
                 "board.yaml:7:5: error: devices.npu: no link to the host 'cpu' (expected an entry in 'links' between "
                 "[cpu, npu])\n"}),
    [](const auto& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Rules, HardwareBadValue,
    testing::Values(
        BadValue{"UnknownOperator", kRules + "matmull", "{on: npu}",
                 at_set(kRules + "matmull",
                        "devices.npu.runtime.operators: no operator 'matmull' (expected matmul, conv2d, attention, "
                        "softmax, layer_norm, rms_norm, gelu, silu, relu, tanh, sigmoid, add, mul, transpose, reshape, "
                        "split, concat, embedding, pool, resize, scan, normalize, quantize, dequantize, cast or other, "
                        "did you mean matmul?)")},
        BadValue{"DtypeWithoutMacs", kRules + "matmul.dtypes", "[fp16, int4]",
                 "board.yaml:34:17: error: devices.npu.runtime.operators.matmul: runs in int4, for which 'npu' has no "
                 "macs_per_cycle\n"},
        BadValue{"WidenedToNothing", kNpuPath + "matrix.weight_only", "{int4: bf16}",
                 at_set(kNpuPath + "matrix.weight_only",
                        kNpuPath + "matrix.weight_only.int4: 'npu' has no macs_per_cycle for bf16", 8)},
        BadValue{"DtypeTwice", kRules + "matmul.dtypes", "[fp16, fp16]",
                 at_set(kRules + "matmul.dtypes", kRules + "matmul.dtypes.1: 'fp16' is given twice", 8)},
        BadValue{"FallbackToNobody", kRules + "embedding.on", "gpu",
                 "board.yaml:38:20: error: devices.npu.runtime.operators.embedding: no device 'gpu' (expected npu or "
                 "cpu, did you mean npu?)\n"},
        bad_value("FallbackThatCannot", kRules + "softmax", "{on: cpu}",
                  kRules +
                      "softmax: falls back to 'cpu', which does not run it either (expected a device that runs it)"),
        BadValue{"FallbackCircle", "devices.cpu.runtime.operators.embedding", "{on: npu}",
                 "board.yaml:38:20: error: devices.npu.runtime.operators.embedding: falls back in a circle: npu -> cpu "
                 "-> npu\n"},
        BadValue{"FallbackCircleOfLimits", "devices.cpu.runtime.operators.transpose",
                 "{on: cpu, max_bytes: 1 MiB, else: npu}",
                 "board.yaml:37:20: error: devices.npu.runtime.operators.transpose: falls back in a circle: npu -> cpu "
                 "-> npu\n"},
        bad_value("WholeOrSplit", kRules + "gelu.multi_core_from", "64", "has no meaning without 'multi_core: true'"),
        bad_value("ElseWithoutLimit", kRules + "add.else", "cpu",
                  "has no meaning without 'max_bytes', 'max_m', 'max_k', 'max_n', 'max_kernel', "
                  "'max_depthwise_kernel', 'max_kernel_depth', 'max_pooled' or 'weights_only'"),
        bad_value("ConvolutionOfAnAdd", kRules + "add.as_convolution", "true", "is for matmul"),
        bad_value("LinesWithoutLimit", kRules + "add.cuts_lines", "true", "has no meaning without 'max_kernel'"),
        bad_value("OwnCodeWithoutRates", kRules + "matmul.else", "own_code",
                  "the runtime has no 'own_code' (expected own_code: {macs_per_cycle: ..., elements_per_cycle: ...})"),
        BadValue{"CutWithoutLimit", kRules + "matmul.cuts", "[n]",
                 at_set(kRules + "matmul.cuts",
                        "devices.npu.runtime.operators.matmul.cuts.0: has no meaning without 'max_n'", 2)},
        BadValue{"CutTwice", kRules + "matmul", "{on: npu, max_k: 8192, cuts: [k, k]}",
                 at_set(kRules + "matmul", "devices.npu.runtime.operators.matmul.cuts.1: 'k' is given twice", 34)},
        bad_value("OnTheWay", kRules + "add.on_the_way", "true", "is for conversions: quantize, dequantize and cast"),
        BadValue{
            "EvidenceOfOtherSizes", kNpuPath + "evidence", "[{op: matmul, dtype: fp16, sizes: [[1, 2]]}]",
            at_set(kNpuPath + "evidence",
                   "devices.npu.evidence.0.sizes: 1 ranges are given (expected one for each of m, k, n, work)", 35)},
        BadValue{
            "EvidenceUpsideDown", kNpuPath + "evidence", "[{op: add, dtype: fp16, sizes: [[1, 2], [4, 3]]}]",
            at_set(kNpuPath + "evidence",
                   "devices.npu.evidence.0.sizes.1: is no range (expected the least and the most, such as [1, 1024])",
                   41)},
        BadValue{"EvidenceTwice", kNpuPath + "evidence", "[{op: add, dtype: fp16}, {op: add, dtype: fp16}]",
                 at_set(kNpuPath + "evidence", "devices.npu.evidence.1: add in fp16 is listed twice", 26)},
        BadValue{"CoresOfAnotherDevice", kRules + "embedding.multi_core", "true",
                 at_set(kRules + "embedding.multi_core",
                        "has no meaning for an operator that another device runs (expected on or reason alone)")},
        BadValue{
            "FusesWhatItDoesNotRun", kNpuPath + "runtime.fuses", "[[matmul, softmax]]",
            at_set(kNpuPath + "runtime.fuses", kNpuPath + "runtime.fuses.0.1: 'softmax' does not run on 'npu'", 11)},
        BadValue{
            "FusesOne", kNpuPath + "runtime.fuses", "[[matmul]]",
            at_set(kNpuPath + "runtime.fuses", kNpuPath + "runtime.fuses.0: a fusion joins two operators or more", 2)},
        BadValue{"UnalignedWithoutGranule", kNpuPath + "attention", "{score_bytes: 3 B, per_cycle: 1, unaligned: 2}",
                 at_set(kNpuPath + "attention",
                        kNpuPath + "attention.unaligned: has no meaning without a 'row_granule' above 1", 45)}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(HardwareBadProfile, ReportsWhatIsMissing) {
    EXPECT_EQ(read_board_with("host: cpu\n", "").complaints,
              "board.yaml:1:1: error: missing key 'host' (expected the device where inputs come from)\n");
    EXPECT_EQ(read_board_with("    clock: 1 GHz\n", "").complaints,
              "board.yaml:7:5: error: devices.npu: missing key 'clock' (expected a frequency such as 1 GHz)\n");
    EXPECT_EQ(read_board_with(", bandwidth: 8 GB/s ± 10% per core", "").complaints,
              "board.yaml:11:10: error: devices.npu.dma: missing key 'bandwidth' (expected a bandwidth such as 7.8 "
              "GB/s)\n");
    EXPECT_EQ(
        read_board_with("bandwidth: 5 GB/s per core, ", "").complaints,
        "board.yaml:50:9: error: devices.cpu.clusters.1: missing key 'bandwidth' (expected here, or at the device "
        "in 'dma')\n");
    EXPECT_EQ(read_board_with("macs_per_cycle: {fp32: 8, int8: 32}, ", "").complaints,
              "board.yaml:49:9: error: devices.cpu.clusters.0: missing key 'macs_per_cycle' (expected here, or at the "
              "device in 'matrix')\n");
    EXPECT_EQ(
        read_board_with("vector_scale: 0.5, ", "").complaints,
        "board.yaml:50:9: error: devices.cpu.clusters.1: missing key 'vector_scale' (expected a plain number such "
        "as 0.8 or 80%)\n");
}

TEST(HardwareBadProfile, ReportsEveryMissingVectorClass) {
    const std::string path = "devices.npu.vector";
    std::string expected;
    for (const char* name : {"activation", "softmax", "norm", "move", "gather", "reduce", "convert"}) {
        expected += at_set(path, std::string("missing key '") + name + "' (expected a map with per_cycle and traffic)");
    }
    EXPECT_EQ(read_board({{path, "{elementwise: {per_cycle: 4, traffic: 1}}"}}).complaints, expected);
}

TEST(HardwareBadProfile, ReportsNumbersThatCannotGoTogether) {
    const auto complaints = [](const std::string& value) {
        return read_board_with("links:\n", "correlations: " + value + "\nlinks:\n").complaints;
    };
    const std::string numbers = "[devices.npu.dma.bandwidth, devices.npu.clock, devices.npu.overlap]";
    EXPECT_EQ(complaints("{of: [devices.npu.clck, devices.npu.overlap], rows: [[0.5]]}"),
              "board.yaml:70:21: error: correlations.of.0: no number of the profile is called 'devices.npu.clck' (did "
              "you mean devices.npu.clock?)\n");
    EXPECT_EQ(complaints("{of: [devices.npu.clock, devices.npu.clock], rows: [[1]]}"),
              "board.yaml:70:40: error: correlations.of.1: 'devices.npu.clock' is given twice\n");
    EXPECT_EQ(complaints("{of: [devices.npu.clock], rows: [[0.5]]}"),
              "board.yaml:70:20: error: correlations.of: 1 number is given (expected two or more)\n");
    EXPECT_EQ(
        complaints("{of: " + numbers + ", rows: [[0.5]]}"),
        "board.yaml:70:95: error: correlations.rows: 1 row is given for 3 numbers (expected a row for each number "
        "but the first)\n");
    EXPECT_EQ(complaints("{of: " + numbers + ", rows: [[0.5], [0.5]]}"),
              "board.yaml:70:103: error: correlations.rows.1: 1 value is given (expected 2, one for each number "
              "before)\n");
    EXPECT_EQ(complaints("{of: " + numbers + ", rows: [[1.5], [0.5, 0.5]]}"),
              "board.yaml:70:97: error: correlations.rows.0.0: 1.5 is out of range (expected a number from -1 to 1)\n");
    EXPECT_EQ(complaints("{of: " + numbers + ", rows: [[0.9], [0.9, -0.9]]}"),
              "board.yaml:70:95: error: correlations.rows: numbers cannot go together like this (expected correlations "
              "that allow one another: two that both go with a third go with each other)\n");
    EXPECT_EQ(complaints("{of: " + numbers + "}"),
              "board.yaml:70:15: error: correlations: missing key 'rows' (expected for each number but the first its "
              "correlations with those before it)\n");
}

TEST(HardwareBadProfile, ReportsTheSecondLinkOfAPair) {
    EXPECT_EQ(
        read_board_with("links:\n", "links:\n  - {between: [npu, cpu], per_crossing: 1 us}\n").complaints,
        "board.yaml:72:15: error: links.1.between: these devices are linked twice (expected one link, which counts "
        "in both directions)\n");
}

TEST(HardwareBadProfile, GathersAllMistakes) {
    const ProfileReading reading = read_board({{"devices.npu.clock", "0 Hz"},
                                               {"devices.npu.overlap", "2"},
                                               {"devices.cpu.runtime.default_cores", "7"},
                                               {"devices.gpu.clock", "1 GHz"}});
    EXPECT_EQ(
        reading.complaints,
        "--set hardware.devices.cpu.runtime.default_cores:1:1: error: 7 cores are more "
        "than there are (expected at most 6, more 'cores' of devices.cpu, or 'all')\n"
        "--set hardware.devices.gpu.clock: error: 'devices' has no key 'gpu' (expected npu or cpu, did you mean npu?)\n"
        "--set hardware.devices.npu.clock:1:1: error: '0 Hz' is zero (expected more than zero)\n"
        "--set hardware.devices.npu.overlap:1:1: error: 200% is more than everything (expected a share "
        "above 0 and up to 100%)\n");
    EXPECT_FALSE(reading.profile.has_value());
}

}  // namespace
}  // namespace berth
