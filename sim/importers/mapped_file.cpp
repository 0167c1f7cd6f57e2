// Maps model files into memory, so that the pages with weights are not read.
#include <fmt/format.h>
#include <sys/mman.h>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstring>

#include "importers/mapped_file.h"

namespace berth {

namespace ipc = boost::interprocess;

namespace {

// Maps the file, so that pages with weights are never touched; null for an empty file.
std::shared_ptr<ipc::mapped_region> mapped(const std::filesystem::path& path) {
    const ipc::file_mapping file(path.c_str(), ipc::read_only);
    std::error_code unknown;  // set if the size is unknown, for example of a device
    if (std::filesystem::file_size(path, unknown) == 0 || unknown) {
        return nullptr;
    }
    auto region = std::make_shared<ipc::mapped_region>(file, ipc::read_only);
    // A huge page around each header that is read would map most of the weights. If the system refuses the advice, no
    // harm is done.
    static_cast<void>(::madvise(region->get_address(), region->get_size(), MADV_NOHUGEPAGE));
    return region;
}

}  // namespace

std::optional<MappedFile> map_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
    try {
        const auto region = mapped(path);
        const auto bytes = region
                               ? std::string_view(static_cast<const char*>(region->get_address()), region->get_size())
                               : std::string_view();
        return MappedFile{bytes, region};
    } catch (const ipc::interprocess_exception& failure) {
        diagnostics.error(SourceLocation(path.string()),
                          fmt::format("cannot open the file: {}", std::strerror(failure.get_native_error())));
        return std::nullopt;
    }
}

bool is_lfs_pointer(std::string_view bytes, const std::string& name, Diagnostics& diagnostics) {
    if (!bytes.starts_with("version https://git-lfs.github.com/spec/")) {
        return false;
    }
    diagnostics.error(SourceLocation(name), "it is a pointer of Git LFS, not the model",
                      "the model itself, which 'git lfs pull' fetches");
    return true;
}

}  // namespace berth
