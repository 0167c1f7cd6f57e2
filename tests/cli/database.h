// Access to SQLite databases that the command writes.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

namespace berth {

/// An SQLite database, for reading and modification.
class Database {
  public:
    explicit Database(const std::filesystem::path& file) {
        EXPECT_EQ(sqlite3_open(file.c_str(), &database_), SQLITE_OK);
    }
    ~Database() { sqlite3_close(database_); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    /// Rows of a query with comma-separated cells, in SQLite's text form whatever their type.
    std::vector<std::string> rows(const char* sql) {
        std::vector<std::string> found;
        const auto take = [](void* to, int count, char** cells, char**) {
            std::string row;
            for (int c = 0; c < count; ++c) {
                row += (c > 0 ? "," : "") + std::string(cells[c] != nullptr ? cells[c] : "");
            }
            static_cast<std::vector<std::string>*>(to)->push_back(row);
            return 0;
        };
        EXPECT_EQ(sqlite3_exec(database_, sql, take, &found, nullptr), SQLITE_OK) << sqlite3_errmsg(database_);
        return found;
    }

  private:
    sqlite3* database_ = nullptr;
};

}  // namespace berth
