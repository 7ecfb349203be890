"""The MySQL client/server protocol, as MySQL and MariaDB speak it, and errors that their clients understand."""

from vaurien_core.protocols.mysql.protocol import Mysql

__all__ = ["Mysql"]
