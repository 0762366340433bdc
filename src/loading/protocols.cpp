#include "protocols.hpp"

#include <algorithm>
#include <array>

namespace shearwater {

std::span<const Protocol* const> protocols()
{
    static const std::array table{&tension, &compression, &shear, &relax, &creep};
    return table;
}

const std::vector<const ProtocolParameter*>& protocol_parameters()
{
    static const auto all = [] {
        std::vector<const ProtocolParameter*> each;
        for (const Protocol* protocol : protocols())
            for (const ProtocolParameter* parameter : protocol->parameters)
                if (std::find(each.begin(), each.end(), parameter) == each.end()) each.push_back(parameter);
        return each;
    }();
    return all;
}

const Protocol* default_protocol() noexcept
{
    return &tension;
}

}  // namespace shearwater
