"""One measured figure, and the line of JSON that it becomes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Figure:
    """A value with its unit and target; `raw` has what it was made from. A target is a ceiling by default."""

    bench: str
    value: float
    unit: str
    target: float
    more_is_better: bool = False
    raw: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def line(self) -> str:
        fields = asdict(self)
        del fields["more_is_better"], fields["raw"]
        return json.dumps(fields | {"ok": self.ok, "raw": dict(self.raw)}, ensure_ascii=False)
