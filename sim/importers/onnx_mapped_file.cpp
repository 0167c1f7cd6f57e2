// Maps an ONNX file into memory, where its weights stay unread.
#include <fmt/format.h>
#include <sys/mman.h>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstring>

#include "importers/onnx_file.h"

namespace berth {

namespace ipc = boost::interprocess;

namespace {

// Mapped, so that pages which hold weights are never touched; null where there is nothing to map.
std::shared_ptr<ipc::mapped_region> mapped(const std::filesystem::path& path) {
    const ipc::file_mapping file(path.c_str(), ipc::read_only);
    std::error_code unknown;  // of a device, for one
    if (std::filesystem::file_size(path, unknown) == 0 || unknown) {
        return nullptr;
    }
    auto region = std::make_shared<ipc::mapped_region>(file, ipc::read_only);
    // A huge page around each header that is read would map most of the weights. That it is refused does no harm.
    static_cast<void>(::madvise(region->get_address(), region->get_size(), MADV_NOHUGEPAGE));
    return region;
}

}  // namespace

std::optional<OnnxFile> read_onnx_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
    std::shared_ptr<ipc::mapped_region> region;
    try {
        region = mapped(path);
    } catch (const ipc::interprocess_exception& failure) {
        diagnostics.error(SourceLocation(path.string()),
                          fmt::format("cannot open the file: {}", std::strerror(failure.get_native_error())));
        return std::nullopt;
    }
    const std::string_view bytes =
        region ? std::string_view(static_cast<const char*>(region->get_address()), region->get_size())
               : std::string_view();
    auto file = parse_onnx(bytes, path.string(), diagnostics, OnnxBytes::kMapped);
    if (file) {
        file->content = region;
    }
    return file;
}

}  // namespace berth
