"""A client for GenVM Modules: the LLM module and the web module of GenLayer's GenVM.

    from genvm_client import Client, Hello

    with Client("ws://127.0.0.1:3031", Hello.b(genvm_id=1)) as llm:
        print(llm.prompt("What is the capital of France?").data)
"""

from .aio import AsyncClient
from .calldata import Address as AccountAddress
from .client import Client
from .errors import (
    BudgetExhausted,
    CalldataError,
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    FatalError,
    GenvmError,
    ModuleError,
    ProtocolError,
    SessionClosed,
    TransportError,
    UserError,
)
from .hello import Generation, Hello
from .messages import Answer, WebResponse
from .options import Backoff, Options
from .status import Health, Sample

__all__ = [
    "AccountAddress",
    "Answer",
    "AsyncClient",
    "Backoff",
    "BudgetExhausted",
    "CalldataError",
    "Client",
    "ConnectError",
    "ConnectionLost",
    "DeadlineExceeded",
    "FatalError",
    "Generation",
    "GenvmError",
    "Health",
    "Hello",
    "ModuleError",
    "Options",
    "ProtocolError",
    "Sample",
    "SessionClosed",
    "TransportError",
    "UserError",
    "WebResponse",
]
__version__ = "0.2.0"
