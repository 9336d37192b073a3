#pragma once
// The sockets of sessions: TCP or Unix stream sockets.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

namespace gvm::serve {

namespace asio = boost::asio;

using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

}  // namespace gvm::serve
