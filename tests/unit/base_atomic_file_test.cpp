// Files are replaced completely or not at all.
#include "berth/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <iterator>
#include <string>

#include "scratch_folder.h"

namespace berth {
namespace {

namespace fs = std::filesystem;

class BaseAtomicFile : public testing::Test {
  protected:
    [[nodiscard]] std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator(directory_), fs::directory_iterator());
    }

    ScratchFolder folder_;
    const fs::path& directory_ = folder_.path();
    Diagnostics diagnostics_;
};

TEST_F(BaseAtomicFile, WritesAndReadsBack) {
    const std::string content("a\0b\n", 4);
    EXPECT_TRUE(write_file(directory_ / "out.json", content, diagnostics_));
    EXPECT_EQ(read_file(directory_ / "out.json", diagnostics_), content);
    EXPECT_TRUE(write_file(directory_ / "out.json", "", diagnostics_));
    EXPECT_EQ(read_file(directory_ / "out.json", diagnostics_), "");
    EXPECT_EQ(files(), 1) << "no temporary file is left";
    EXPECT_TRUE(diagnostics_.empty()) << diagnostics_.text();
}

TEST_F(BaseAtomicFile, ReadsMoreThanOneBlock) {
    const std::string content(200001, 'x');
    EXPECT_TRUE(write_file(directory_ / "big", content, diagnostics_));
    EXPECT_EQ(read_file(directory_ / "big", diagnostics_), content);
}

TEST_F(BaseAtomicFile, KeepsModeAndFollowsLinks) {
    ASSERT_TRUE(write_file(directory_ / "real", "old", diagnostics_));
    // Writable by all, which the usual umask prevents for a new file.
    fs::permissions(directory_ / "real", static_cast<fs::perms>(0666));
    fs::create_symlink("real", directory_ / "link");
    EXPECT_TRUE(write_file(directory_ / "link", "new", diagnostics_));
    EXPECT_TRUE(fs::is_symlink(directory_ / "link"));
    EXPECT_EQ(read_file(directory_ / "real", diagnostics_), "new");
    EXPECT_EQ(fs::status(directory_ / "real").permissions(), static_cast<fs::perms>(0666));
}

TEST_F(BaseAtomicFile, ReportsWhereItCannotWrite) {
    const fs::path missing = directory_ / "nowhere" / "out.json";
    EXPECT_FALSE(write_file(missing, "x", diagnostics_));
    EXPECT_EQ(diagnostics_.text(), missing.string() + ": error: cannot write: No such file or directory\n");
    Diagnostics onto_directory;
    EXPECT_FALSE(write_file(directory_, "x", onto_directory));
    EXPECT_EQ(onto_directory.text(), directory_.string() + ": error: cannot write: Is a directory\n");
    EXPECT_EQ(files(), 0);
}

/// Limits files of this process to `bytes`, to simulate a full disk.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    void (*handler_)(int);
    rlimit before_{};
};

TEST_F(BaseAtomicFile, AFailedWriteLeavesTheOldFileAndNothingElse) {
    ASSERT_TRUE(write_file(directory_ / "out", "old", diagnostics_));
    {
        const FileSizeLimit limit(10);
        EXPECT_FALSE(write_file(directory_ / "out", std::string(100, 'x'), diagnostics_));
    }
    EXPECT_EQ(diagnostics_.text(), (directory_ / "out").string() + ": error: cannot write: File too large\n");
    EXPECT_EQ(read_file(directory_ / "out", diagnostics_), "old");
    EXPECT_EQ(files(), 1);
}

TEST_F(BaseAtomicFile, WritesToDevicesDirectly) {
    EXPECT_TRUE(write_file("/dev/null", "x", diagnostics_));
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    EXPECT_FALSE(write_file("/dev/full", "x", diagnostics_));
    EXPECT_EQ(diagnostics_.text(), "/dev/full: error: cannot write: No space left on device\n");
}

TEST_F(BaseAtomicFile, SuggestsASimilarName) {
    ASSERT_TRUE(write_file(directory_ / "rk3588.yaml", "x", diagnostics_));
    EXPECT_EQ(read_file(directory_ / "rk3558.yaml", diagnostics_), std::nullopt);
    EXPECT_EQ(diagnostics_.text(), (directory_ / "rk3558.yaml").string() +
                                       ": error: cannot open the file: No such file or directory (did you mean " +
                                       (directory_ / "rk3588.yaml").string() + "?)\n");
    Diagnostics of_directory;
    EXPECT_EQ(read_file(directory_, of_directory), std::nullopt);
    EXPECT_EQ(of_directory.text(), directory_.string() + ": error: cannot read: Is a directory\n");
}

}  // namespace
}  // namespace berth
