#include <shearwater/core/archive.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

void Archive::operator()(std::string_view name, std::vector<bool>& values)
{
    std::vector<std::uint8_t> numbers(values.begin(), values.end());
    (*this)(name, numbers);
    if (reads()) values.assign(numbers.begin(), numbers.end());
}

void Archive::operator()(std::string_view name, std::string& value)
{
    std::vector<char> characters(value.begin(), value.end());
    (*this)(name, characters);
    if (reads()) value.assign(characters.begin(), characters.end());
}

void WritingArchive::bytes(std::string_view /*name*/, std::span<std::byte> value, ElementType /*type*/)
{
    data_.insert(data_.end(), value.begin(), value.end());
}

void ReadingArchive::bytes(std::string_view name, std::span<std::byte> value, ElementType /*type*/)
{
    if (value.size() > data_.size())
        throw RunError(fmt::format("the state of the run ends before {}{}: {} bytes are missing", path(), name, value.size() - data_.size()));
    std::copy_n(data_.begin(), value.size(), value.begin());
    data_ = data_.subspan(value.size());
}

void ListingArchive::bytes(std::string_view name, std::span<std::byte> value, ElementType type)
{
    data_.push_back({path() + std::string(name), place_, value.size(), type});
    place_ += value.size();
}

}  // namespace shearwater
