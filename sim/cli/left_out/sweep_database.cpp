// Rows of a sweep in an SQLite database, in a build without SQLite: an error that says so, and how to have it.
#include <fmt/format.h>

#include "cli/row_sink.h"

namespace berth {

std::unique_ptr<RowSink> open_database(const std::string& file, bool, const Sweep&, std::size_t&,
                                       Diagnostics& diagnostics) {
    diagnostics.error(SourceLocation(file), "this program was built without SQLite (BERTH_SQLITE=OFF)",
                      "a file of another name, which gets lines of CSV; or the whole command: ./dev build makes it, "
                      "build/release/berth");
    return nullptr;
}

}  // namespace berth
