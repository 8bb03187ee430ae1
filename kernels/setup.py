"""What depends on the kernels that were made: the version, the one Numba that they fit, and the name of the wheel."""

import json
import re
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel

made = json.loads(Path(__file__).with_name("imgproc_augment_kernels").joinpath("manifest.json").read_text())


class Wheel(bdist_wheel):
    """A wheel for one Python and one platform, although nothing in it is an extension module."""

    def finalize_options(self):
        """Put the files where those of a platform go."""
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        """The Python and the platform for which the kernels were made."""
        python = re.sub(r"^cpython-(\d)(\d+)$", r"cp\1\2", made["python"])
        # The archives hold machine code that Numba loads.  It needs no library beyond what Numba itself does.
        return python, "none", super().get_tag()[2].replace("linux_", "manylinux_2_17_", 1)


setup(
    version=made["imgproc"],
    install_requires=[f"imgproc-augment=={made['imgproc']}", f"numba=={made['numba']}"],
    cmdclass={"bdist_wheel": Wheel},
)
