"""moto's S3, as PyPI has it. argv: port."""
import sys

from moto.server import main

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
