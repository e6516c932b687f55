import unittest

from tests.common import load, spec
from hawser import states
from hawser.events import FAILURE_KINDS
from hawser.records import ALERTS


class Table(unittest.TestCase):
    def setUp(self):
        self.data = load(spec() / "states.json")

    def test_every_cell_is_as_in_states_json(self):
        for role, rows in self.data["table"].items():
            self.assertEqual(set(rows), set(states.TABLE[role]))
            for state, cells in rows.items():
                for event, there in cells.items():
                    with self.subTest(role=role, state=state, event=event):
                        self.assertEqual(states.cell(role, state, event), (there["to"], tuple(there["outputs"])))

    def test_no_event_is_made_up(self):
        known = set(self.data["events"])
        for role in states.TABLE.values():
            for cells in role.values():
                self.assertLessEqual(set(cells), known)
        self.assertLessEqual(set(FAILURE_KINDS), known)

    def test_alerts_are_those_of_the_registry(self):
        registry = load(spec() / "alerts.json")["alerts"]
        self.assertEqual({alert["name"]: alert["code"] for alert in registry}, ALERTS)
