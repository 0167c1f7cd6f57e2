// The machine of a profile: detection from the system, the written form, and the comparison of machines.
#include <gmock/gmock.h>

#include "berth/base/yaml_reader.h"
#include "berth/hardware/machine.h"
#include "berth/hardware/profile.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr std::string_view kX86 =
    "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9R14: a "
    "\"test\"\n"
    "stepping\t: 1\nmicrocode\t: 0xa101148\nsiblings\t: 4\ncpu cores\t: 2\nflags\t\t: fpu sse4_2 avx2 constant_tsc "
    "hypervisor avx512f avx512_vnni\nbogomips\t: 5199.97\n\n"
    "processor\t: 1\nvendor_id\t: AuthenticAMD\n\nprocessor\t: 2\n\nprocessor\t: 3\n";

/// A folder that replaces "/".
class MachineTest : public ::testing::Test {
  protected:
    void put(const std::string& path, std::string_view text) const { root_.write(path, text); }
    void put_x86() const {
        put("proc/cpuinfo", kX86);
        put("proc/meminfo", "MemTotal:       33554432 kB\nMemFree: 1 kB\n");
        const auto cache = [this](int index, std::string_view level, std::string_view type, std::string_view size,
                                  std::string_view shared) {
            const std::string folder = "sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
            put(folder + "/level", level);
            put(folder + "/type", type);
            put(folder + "/size", size);
            put(folder + "/shared_cpu_list", shared);
        };
        cache(0, "1\n", "Data\n", "32K\n", "0-1\n");
        cache(1, "1\n", "Instruction\n", "64K\n", "0-1\n");
        cache(2, "2\n", "Unified\n", "1024K\n", "0-1\n");
        cache(3, "3\n", "Unified\n", "32768K\n", "0-3,8\n");
    }
    [[nodiscard]] MachineDescription machine() const { return this_machine(root_.path()); }

    static std::optional<MachineDescription> read(const std::string& yaml, Diagnostics& diagnostics) {
        const auto document = YamlDocument::parse(yaml, "test.yaml", diagnostics);
        return document ? read_machine(document->root(diagnostics).require("machine")) : std::nullopt;
    }

    ScratchFolder root_;
};

TEST_F(MachineTest, SaysWhatTheSystemSays) {
    put_x86();
    const MachineDescription found = machine();
    EXPECT_EQ(found.processor, "AMD EPYC 9R14: a \"test\"");
    EXPECT_EQ(found.vendor, "AuthenticAMD");
    EXPECT_EQ(found.family, 25);
    EXPECT_EQ(found.model, 17);
    EXPECT_EQ(found.stepping, 1);
    EXPECT_EQ(found.microcode, "0xa101148");
    EXPECT_THAT(*found.instructions, ElementsAre("avx2", "avx512_vnni", "avx512f", "sse4_2"));
    EXPECT_EQ(found.cores, 4);
    EXPECT_EQ(found.threads_per_core, 2);
    EXPECT_DOUBLE_EQ(in_megahertz(*found.base_clock), 2600);
    EXPECT_EQ(found.is_virtual, true);
    EXPECT_EQ(*found.memory, gibibytes(32));
    EXPECT_THAT(*found.caches, ElementsAre(CacheFacts{1, kibibytes(32), 2}, CacheFacts{2, mebibytes(1), 2},
                                           CacheFacts{3, mebibytes(32), 5}));
    EXPECT_EQ(found.memory_kind, std::nullopt);
    EXPECT_EQ(found.clock, std::nullopt) << "nothing is measured";
}

TEST_F(MachineTest, AContainerHasWhatItIsGiven) {
    put_x86();
    put("proc/self/cgroup", "0::/box/inner\n");
    put("sys/fs/cgroup/box/inner/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/box/cpu.max", "150000 100000\n");
    put("sys/fs/cgroup/box/memory.max", "1073741824\n");
    EXPECT_EQ(machine().cores, 2);
    EXPECT_EQ(*machine().memory, gibibytes(1));
}

TEST_F(MachineTest, ArmProcessorsHaveOtherWords) {
    put("proc/cpuinfo",
        "processor\t: 0\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd asimddp\nCPU implementer\t: 0x41\nCPU architecture: "
        "8\nCPU variant\t: 0x1\nCPU part\t: 0xd0b\nCPU revision\t: 4\n");
    put("proc/device-tree/model", std::string_view("Some Board\0", 11));
    put("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "2400000\n");
    put("sys/devices/system/edac/mc/mc0/dimm0/dimm_mem_type", "Unbuffered-DDR4\n");
    const MachineDescription found = machine();
    EXPECT_EQ(found.processor, "Some Board");
    EXPECT_EQ(found.vendor, "0x41");
    EXPECT_EQ(found.model, 0xd0b);
    EXPECT_THAT(*found.instructions, ElementsAre("asimd", "asimddp"));
    EXPECT_EQ(found.base_clock, std::nullopt) << "there BogoMIPS is the rate of a timer";
    EXPECT_DOUBLE_EQ(in_gigahertz(*found.highest_clock), 2.4);
    EXPECT_EQ(found.memory_kind, "Unbuffered-DDR4");
    EXPECT_EQ(found.is_virtual, std::nullopt);
}

TEST_F(MachineTest, FirmwareTellsTheKindOfMemory) {
    put_x86();
    std::string entry(0x22, '\0');
    entry[0x12] = 0x22;
    entry[0x15] = static_cast<char>(0xc0);  // 4800
    entry[0x16] = 0x12;
    put("sys/firmware/dmi/entries/17-0/raw", entry);
    EXPECT_EQ(machine().memory_kind, "DDR5 at 4800 MT/s");
}

TEST_F(MachineTest, WhatIsNotThereIsNotInvented) {
    const MachineDescription found = machine();
    EXPECT_EQ(found.processor, "unknown");
    for (const bool known : {found.family.has_value(), found.instructions.has_value(), found.caches.has_value(),
                             found.memory.has_value(), found.is_virtual.has_value(), found.cores.has_value()}) {
        EXPECT_FALSE(known);
    }
    put("proc/cpuinfo", "vendor_id : GenuineIntel\nmicrocode : 0xffffffff\n");
    EXPECT_EQ(machine().microcode, std::nullopt) << "what hypervisors give who hide it";
}

TEST_F(MachineTest, IsReadBackAsItWasWritten) {
    put_x86();
    MachineDescription written = machine();
    written.clock = megahertz(3694);
    written.libraries = {{"oneDNN 2.6.3", "a: \"library\" # of [its] own"}};
    written.measured = "2026-11-22";
    Diagnostics diagnostics;
    for (const auto& read_back :
         {read(machine_yaml(written), diagnostics), machine_in_head(machine_head(written) + "op,dtype\n1,2\n")}) {
        ASSERT_TRUE(read_back.has_value()) << diagnostics.text() << machine_yaml(written);
        EXPECT_TRUE(compare_machines(*read_back, written).same());
        EXPECT_EQ(machine_yaml(*read_back), machine_yaml(written));
    }
    EXPECT_THAT(machine_yaml(written), HasSubstr("\n  memory_kind:\n")) << "so that no base profile's is inherited";
    EXPECT_THAT(machine_head(written), Not(HasSubstr("memory_kind")));
    EXPECT_EQ(machine_in_head("op,dtype\n1,2\n"), std::nullopt);
    EXPECT_EQ(machine_in_head("# processor: AMD EPYC\nop,dtype\n"), std::nullopt);
}

TEST_F(MachineTest, RefusesWhatMakesNoSense) {
    for (const auto& [yaml, message] : std::vector<std::pair<std::string, std::string>>{
             {"machine: {vendor: x}", "missing key 'processor'"},
             {"machine: {processor: x, measured: yesterday}",
              "'yesterday' is no day (expected a day such as 2026-11-22)"},
             {"machine: {processor: x, measured: 2026-1-222}", "is no day"},
             {"machine: {processor: x, cores: 0}", "is out of range"},
             {"machine: {processor: x, famly: 3}", "unknown key 'famly'"},
             {"machine: {processor: x, caches: [{level: 1}]}", "missing key 'size'"}}) {
        Diagnostics diagnostics;
        static_cast<void>(read(yaml, diagnostics));
        EXPECT_THAT(diagnostics.text(), HasSubstr(message)) << yaml;
    }
}

TEST_F(MachineTest, OtherMachinesDifferInWhatDecidesTheirSpeed) {
    put_x86();
    const MachineDescription here = machine();
    EXPECT_TRUE(compare_machines(here, here).same());
    EXPECT_EQ(machine_warning(here, here), "");
    const auto differing = [&here](auto change) {
        MachineDescription other = here;
        change(other);
        return compare_machines(other, here);
    };
    using M = MachineDescription;
    EXPECT_THAT(differing([](M& m) { m.processor = "AMD EPYC"; }).differences,
                ElementsAre("processor AMD EPYC there, AMD EPYC 9R14: a \"test\" here"));
    EXPECT_THAT(differing([](M& m) { m.family = 26; }).differences, ElementsAre("family 26 there, 25 here"));
    EXPECT_THAT(differing([](M& m) { m.cores = 2; }).differences, ElementsAre("cores 2 there, 4 here"));
    EXPECT_THAT(differing([](M& m) { m.caches->back().size = mebibytes(256); }).differences,
                ElementsAre("L3 cache 256 MiB there, 32 MiB here"));
    EXPECT_THAT(differing([](M& m) { m.instructions->push_back("amx_tile"); }).differences,
                ElementsAre("further instructions amx_tile there, none here"));
    EXPECT_THAT(differing([](M& m) { m.base_clock = megahertz(2700); }).differences,
                ElementsAre("base clock 2.7 GHz there, 2.6 GHz here"));
    EXPECT_THAT(differing([](M& m) { m.is_virtual = false; }).differences,
                ElementsAre("machine real there, virtual here"));
    EXPECT_THAT(differing([](M& m) { m.memory = gibibytes(16); }).differences,
                ElementsAre("memory 16 GiB there, 32 GiB here"));
    // Differences due to updates, the date of measurement, and memory reserved by firmware.
    EXPECT_TRUE(differing([](M& m) {
                    m.microcode = "0xa101154";
                    m.system = "Linux 7";
                    m.libraries = {{"oneDNN 3.0"}};
                    m.measured = "2020-01-01";
                    m.clock = megahertz(3694);
                    m.memory = gibibytes(31);
                    m.base_clock = megahertz(2601);
                }).same());
}

TEST_F(MachineTest, WhatWasNotRecordedIsSaid) {
    put_x86();
    MachineDescription recorded = machine();
    recorded.family = recorded.model = std::nullopt;
    const MachineComparison found = compare_machines(recorded, machine());
    EXPECT_THAT(found.differences, IsEmpty());
    EXPECT_THAT(found.not_recorded, ElementsAre("family", "model"));
    EXPECT_FALSE(found.same());
    EXPECT_EQ(machine_warning(recorded, machine()),
              "its measurements may be of another machine than this one: family, model of the processor not recorded. "
              "`berth profile-host --quick --out DIR` profiles this one.");
}

}  // namespace
}  // namespace berth
