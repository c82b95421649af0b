// Metadata for Datasette, a web page over SQLite files: titles, descriptions with units, queries.
#pragma once

#include <filesystem>
#include <string>

#include "store/read/query.h"

namespace sinkmoe::report {

// A metadata.json. `name` is the name that Datasette gives to the database: the file's, without
// ".db". Descriptions of columns come from the tables of keys and metrics, the queries from
// FOLDER/NAME.sql, whose first comment is the title.
std::string datasette_metadata(const store::Reader& reader, const std::string& name,
                               const std::filesystem::path& queries);

}  // namespace sinkmoe::report
